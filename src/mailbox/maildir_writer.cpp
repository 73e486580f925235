#include "kist/mailbox/muttrc.hpp"
#include "kist/os/file.hpp"

#include "mailbox/dovecot_keywords.hpp"
#include "mailbox/mail_writer.hpp"
#include "mailbox/maildir_name.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

constexpr std::size_t kLargestKeywordFile = std::size_t{64} << 10U;
constexpr const char* kFolderMark = "maildirfolder";  // Courier: which of the files above a Maildir is a folder's
constexpr const char* kForwarded = "$Forwarded";
constexpr const char* kMuttrc = "muttrc";
constexpr std::string_view kMuttrcHead =
    "# Made by `kist mail export`, which makes it anew: this Maildir in mutt, to look at.\n";

// Dovecot does not know the letter P: it gets the word.
std::set<std::string> keywords_of(const SnapshotMessage& message) {
    std::set<std::string> keywords;
    for (const auto& flag : message.flags)
        if (!flag.starts_with('\\')) keywords.insert(flag);
    return keywords;
}

std::set<std::string> keywords_of(const SelectedFolder& folder) {
    std::set<std::string> keywords;
    for (const auto& message : folder.messages) keywords.merge(keywords_of(message));
    return keywords;
}

std::string read_file(const os::Directory& directory, const char* name) {
    const auto file = directory.find_file(name);
    if (!file || os::status_of(file->get()).type != os::FileType::regular) return {};
    std::string text(kLargestKeywordFile, '\0');
    text.resize(os::read_at(file->get(), 0, std::as_writable_bytes(std::span(text)), name));
    return text;
}

std::vector<std::string> maildir_folders(const os::Directory& target) {
    std::vector<std::string> names;
    for (auto& entry : target.entries()) {
        const auto directory = entry.name.starts_with('.') ? target.find_directory(entry.name) : std::nullopt;
        if (directory && directory->find_directory("cur")) names.push_back(std::move(entry.name));
    }
    std::ranges::sort(names);
    return names;
}

// One folder, being filled.
class MaildirFolder {
  public:
    explicit MaildirFolder(os::Directory directory)
        : directory_(std::move(directory)),
          cur_(directory_.ensure_directory("cur")),
          new_(directory_.ensure_directory("new")),
          tmp_(directory_.ensure_directory("tmp")) {
        for (const auto* messages : {&new_, &cur_})
            for (auto& entry : messages->entries()) {
                auto unique = entry.name.substr(0, entry.name.find(':'));
                there_.insert_or_assign(std::move(unique), There{messages, std::move(entry.name)});
            }
    }

    void mark_as_folder() const { place_file(directory_, kFolderMark, {}, std::nullopt, tmp_); }

    // The file of another export, or of Dovecot itself, stays as it is: its letters count then.
    void set_keywords(const std::set<std::string>& keywords) {
        keywords_ = DovecotKeywords(keywords);
        if (keywords_.empty()) return;
        const auto text = keywords_.file();
        const auto placed = place_file(directory_, kDovecotKeywords, os::as_bytes(text), std::nullopt, tmp_);
        if (placed == Placed::in_the_way) keywords_ = DovecotKeywords::parse(read_file(directory_, kDovecotKeywords));
    }
    bool knows(const std::string& keyword) const { return keywords_.knows(keyword); }

    // A message that is there may have other flags by now, and so another name.
    Placed put(const SnapshotMessage& message, std::span<const std::byte> bytes) {
        const auto unique = message.name.substr(0, message.name.find(':'));
        const auto there = there_.find(unique);
        if (there != there_.end())
            return place_file(*there->second.directory, there->second.name, bytes, message.date, tmp_);
        const auto name = fmt::format("{}:2,{}{}", unique, flags_of(message.flags).letters,
                                      keywords_.letters_of(keywords_of(message)));
        return place_file(cur_, name, bytes, message.date, tmp_);
    }

  private:
    struct There {
        const os::Directory* directory;
        std::string name;
    };

    os::Directory directory_;
    os::Directory cur_;
    os::Directory new_;
    os::Directory tmp_;
    std::map<std::string, There> there_;  // by what of a name never changes
    DovecotKeywords keywords_{{}};
};

class MaildirWriter : public MailWriter {
  public:
    // A Maildir++ has an inbox, be it empty.
    MaildirWriter(const os::Directory& target, std::string shown) : target_(target), shown_(std::move(shown)) {
        const MaildirFolder inbox(target_.duplicate());
    }

    void begin_folder(const SelectedFolder& folder) override {
        const auto& name = folder.folder.directory;
        folder_.reset();
        folder_.emplace(name.empty() ? target_.duplicate() : target_.ensure_directory(name));
        if (!name.empty()) folder_->mark_as_folder();
        const auto keywords = keywords_of(folder);
        folder_->set_keywords(keywords);
        for (const auto& keyword : keywords)
            if (keyword != kForwarded && !folder_->knows(keyword)) left_out_.insert(keyword);
    }

    Placed put(const SnapshotMessage& message, std::span<const std::byte> bytes) override {
        return folder_->put(message, bytes);
    }

    void end_folder() override { folder_.reset(); }
    void finish() override { write_muttrc(); }
    std::set<std::string> left_out_keywords() const override { return left_out_; }

  private:
    // Of all folders that are there now. One that somebody else has written, or changed the head of, stays.
    void write_muttrc() const {
        const auto path = std::filesystem::canonical(shown_).string();
        const auto text = fmt::format("{}{}", kMuttrcHead, muttrc(path, maildir_folders(target_)));
        const auto workplace = target_.open_directory("tmp");
        const auto place = [&] { return place_file(target_, kMuttrc, os::as_bytes(text), std::nullopt, workplace); };
        if (place() != Placed::in_the_way || !read_file(target_, kMuttrc).starts_with(kMuttrcHead)) return;
        target_.remove_file(kMuttrc);
        place();
    }

    const os::Directory& target_;
    std::string shown_;
    std::optional<MaildirFolder> folder_;
    std::set<std::string> left_out_;
};

}  // namespace

std::unique_ptr<MailWriter> make_maildir_writer(const os::Directory& target, const std::string& shown) {
    return std::make_unique<MaildirWriter>(target, shown);
}

}  // namespace kist::mailbox
