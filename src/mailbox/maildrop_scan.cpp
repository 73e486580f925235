#include "mailbox/maildrop_scan.hpp"

#include "kist/base/error.hpp"

#include "mailbox/message_identity.hpp"

#include <algorithm>
#include <utility>

namespace kist::mailbox {

std::vector<mailproto::ImapFolder> MaildropScan::ask_for_folders() {
    mailproto::ImapFolder inbox;
    inbox.raw = inbox.name = "INBOX";
    return {inbox};
}

void MaildropScan::look_into(const std::vector<Folder*>& folders) {
    for (auto* folder : folders) {
        const auto known = known_uids(*folder);
        auto next = folder->before.value_or(FolderRecord{}).uid_next;
        for (const auto& [id, uid] : known) next = std::max(next, uid + 1);
        next = std::max<std::uint32_t>(next, 1);
        for (auto& id : listed_ids()) {
            const auto found = known.find(id);
            ids_.emplace(found == known.end() ? next++ : found->second, std::move(id));
        }
        FolderReport report;
        report.is_whole = true;
        for (const auto& [uid, id] : ids_) report.seen.push_back({uid, flags().index_of({})});
        report.messages = static_cast<std::uint32_t>(ids_.size());
        report.uid_validity = kMaildropValidity;
        report.uid_next = next;
        take(*folder, report);
    }
}

std::vector<std::string> MaildropScan::listed_ids() {
    for (;;) {
        try {
            std::vector<std::pair<std::uint64_t, std::string>> listed;
            for (const auto& [id, number] : maildrop_.numbers()) listed.emplace_back(number, id);
            std::ranges::sort(listed);
            std::vector<std::string> ids;
            for (auto& [number, id] : listed) ids.push_back(std::move(id));
            return ids;
        } catch (const Error& error) {
            maildrop_.server().recover(error);
        }
    }
}

std::unordered_map<std::string, std::uint32_t> MaildropScan::known_uids(const Folder& folder) {
    std::unordered_map<std::string, std::uint32_t> uids;
    if (folder.are_messages_new || !run().previous()) return uids;
    catalog().list(*run().previous(), folder.messages_node, [&](repository::Entry&& entry) {
        const auto message = parse_message_name(entry.name);
        auto id = attribute_text(entry.metadata.attributes, kUniqueIdAttribute);
        if (message && !id.empty()) uids.emplace(std::move(id), message->uid);
    });
    return uids;
}

os::FileStatus MaildropScan::status_of(const Folder& folder, std::uint32_t, std::uint32_t uid) const {
    return maildrop_status(folder_device(options().account, folder.raw), ids_.at(uid));
}

}  // namespace kist::mailbox
