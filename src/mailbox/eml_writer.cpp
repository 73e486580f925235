#include "mailbox/export_names.hpp"
#include "mailbox/header_reader.hpp"
#include "mailbox/mail_writer.hpp"

#include <optional>

namespace kist::mailbox {
namespace {

class EmlWriter : public MailWriter {
  public:
    explicit EmlWriter(const os::Directory& target) : target_(target) {}

    void begin_folder(const SelectedFolder& folder) override {
        directory_ = target_.ensure_below(eml_folder(folder.folder.parts));
    }

    Placed put(const SnapshotMessage& message, std::span<const std::byte> bytes) override {
        const auto name = message_file_name(message.date, read_header(bytes).subject, message.uid);
        return place_file(*directory_, name, bytes, message.date, *directory_);
    }

    void end_folder() override { directory_.reset(); }
    void finish() override {}

  private:
    const os::Directory& target_;
    std::optional<os::Directory> directory_;
};

}  // namespace

std::unique_ptr<MailWriter> make_eml_writer(const os::Directory& target) {
    return std::make_unique<EmlWriter>(target);
}

}  // namespace kist::mailbox
