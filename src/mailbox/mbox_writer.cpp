#include "kist/base/error.hpp"

#include "mailbox/export_names.hpp"
#include "mailbox/mail_writer.hpp"
#include "mailbox/mbox_text.hpp"

#include <optional>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

// An mbox that is there already and is another is no trouble with one message: nothing of it can be written.
class MboxFile {
  public:
    MboxFile(const os::Directory& directory, const std::string& name, std::string shown)
        : shown_(std::move(shown)), file_(directory, name, directory) {
        require_way();
    }

    Placed put(const SnapshotMessage& message, std::span<const std::byte> bytes) {
        file_.append(to_mbox(bytes, message.date));
        require_way();
        return file_.is_new() ? Placed::made : Placed::was_there;
    }

    void finish() {
        if (file_.finish(std::nullopt) == Placed::in_the_way) throw in_the_way();
    }

  private:
    Error in_the_way() const {
        return {ErrorCode::failed, fmt::format("{} is there already, and is something else", os::printable(shown_)),
                "Nothing is overwritten. Give another directory to --to, or move that away."};
    }
    void require_way() const {
        if (file_.is_in_the_way()) throw in_the_way();
    }

    std::string shown_;
    NewFile file_;
};

class MboxWriter : public MailWriter {
  public:
    MboxWriter(const os::Directory& target, const std::string& shown, const std::string& file)
        : file_(target, file, fmt::format("{}/{}", shown, file)) {}

    void begin_folder(const SelectedFolder& /*folder*/) override {}
    Placed put(const SnapshotMessage& message, std::span<const std::byte> bytes) override {
        return file_.put(message, bytes);
    }
    void end_folder() override {}
    void finish() override { file_.finish(); }

  private:
    MboxFile file_;
};

class MboxFoldersWriter : public MailWriter {
  public:
    MboxFoldersWriter(const os::Directory& target, std::string shown) : target_(target), shown_(std::move(shown)) {}

    void begin_folder(const SelectedFolder& folder) override {
        const auto path = mbox_path(folder.folder.parts);
        const auto slash = path.rfind('/');
        directory_ = slash == std::string::npos ? target_.duplicate() : target_.ensure_below(path.substr(0, slash));
        const auto name = slash == std::string::npos ? path : path.substr(slash + 1);
        file_.emplace(*directory_, name, fmt::format("{}/{}", shown_, path));
    }

    Placed put(const SnapshotMessage& message, std::span<const std::byte> bytes) override {
        return file_->put(message, bytes);
    }

    void end_folder() override {
        file_->finish();
        file_.reset();
        directory_.reset();
    }

    void finish() override {}

  private:
    const os::Directory& target_;
    std::string shown_;
    std::optional<os::Directory> directory_;
    std::optional<MboxFile> file_;
};

}  // namespace

std::unique_ptr<MailWriter> make_mbox_writer(const os::Directory& target, const std::string& shown,
                                             const std::string& file) {
    return std::make_unique<MboxWriter>(target, shown, file);
}

std::unique_ptr<MailWriter> make_mbox_folders_writer(const os::Directory& target, const std::string& shown) {
    return std::make_unique<MboxFoldersWriter>(target, shown);
}

}  // namespace kist::mailbox
