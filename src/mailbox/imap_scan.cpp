#include "mailbox/imap_scan.hpp"

#include "kist/base/error.hpp"

#include "mailbox/message_identity.hpp"

namespace kist::mailbox {
namespace {

constexpr std::size_t kFoldersAhead = 8;  // asked about before the answers are there

}  // namespace

std::vector<mailproto::ImapFolder> ImapScan::ask_for_folders() {
    for (;;) {
        try {
            return mailproto::list_folders(server_.session());
        } catch (const Error& error) {
            server_.recover(error);
        }
    }
}

os::FileStatus ImapScan::status_of(const Folder& folder, std::uint32_t uid_validity, std::uint32_t uid) const {
    return message_status(folder_device(options().account, folder.raw), uid_validity, uid);
}

// By what LIST or STATUS said. Without a modseq flags may have changed.
bool ImapScan::is_unchanged(const Folder& folder) const {
    const auto& status = folder.status;
    const auto& before = folder.before;
    if (!status || !before || folder.are_messages_new || before->uid_validity == 0 || before->highest_modseq == 0)
        return false;
    return status->uid_validity == before->uid_validity && status->uid_next == before->uid_next &&
           status->highest_modseq == before->highest_modseq && status->messages == before->messages;
}

Inquiry ImapScan::inquiry_for(const Folder& folder) const {
    const bool is_same = folder.before && folder.before->uid_validity != 0 && folder.before->highest_modseq != 0 &&
                         !folder.are_messages_new && folder.status &&
                         folder.status->uid_validity == folder.before->uid_validity &&
                         folder.status->highest_modseq.value_or(0) >= folder.before->highest_modseq;
    if (!is_same) return Inquiry::whole;
    return server_.session().has_enabled() ? Inquiry::resync : Inquiry::changes;
}

void ImapScan::look_into(const std::vector<Folder*>& folders) {
    std::vector<Folder*> again;
    std::vector<Inquiry> inquiries(folders.size());
    std::size_t asked = 0;
    for (std::size_t at = 0; at < folders.size();) {
        auto& folder = *folders[at];
        FolderReport report;
        try {
            auto& session = server_.session();
            for (; asked < folders.size() && asked < at + kFoldersAhead; ++asked) {
                inquiries[asked] = inquiry_for(*folders[asked]);
                ask_folder(session, folders[asked]->raw, inquiries[asked],
                           folders[asked]->before.value_or(FolderRecord{}));
            }
            report = hear_folder(session, inquiries[at], folder.before.value_or(FolderRecord{}), flags());
        } catch (const Error& error) {
            server_.recover(error);
            asked = at;
            continue;
        }
        server_.note_progress();
        if (report.is_doubtful || !take(folder, report)) again.push_back(&folder);
        ++at;
    }
    for (auto* folder : again) look_carefully(*folder);
}

void ImapScan::look_carefully(Folder& folder) {
    for (;;) {
        FolderReport report;
        try {
            ask_folder(server_.session(), folder.raw, Inquiry::careful, {});
            report = hear_folder(server_.session(), Inquiry::careful, {}, flags());
        } catch (const Error& error) {
            server_.recover(error);
            continue;
        }
        server_.note_progress();
        take(folder, report);
        return;
    }
}

}  // namespace kist::mailbox
