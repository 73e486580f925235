#include "mailbox/target_names.hpp"

#include <algorithm>
#include <set>

namespace kist::mailbox {
namespace {

constexpr const char* kInbox = "INBOX";

bool is_inbox(const SnapshotFolder& folder) {
    return folder.raw == kInbox;
}

bool are_all_below_inbox(const std::vector<SnapshotFolder>& folders) {
    return std::ranges::all_of(folders, [](const auto& folder) {
        return is_inbox(folder) || (folder.parts.size() > 1 && folder.parts.front() == kInbox);
    });
}

// A delimiter at a name's beginning or end leaves an empty part.
std::vector<std::string> sendable(std::vector<std::string> parts) {
    for (auto& part : parts)
        if (part.empty()) part.push_back('_');
    return parts;
}

}  // namespace

std::vector<std::string> target_names(const std::vector<SnapshotFolder>& folders, const mailproto::ImapNaming& naming,
                                      const std::vector<mailproto::ImapFolder>& listed) {
    const mailproto::ImapNaming without_prefix("", naming.delimiter());
    const bool has_prefix = are_all_below_inbox(folders);
    std::vector<std::string> names;
    std::set<std::string> taken;
    for (const auto& folder : folders) {
        auto name = is_inbox(folder) ? std::string(kInbox) : without_prefix.server_name(sendable(folder.parts));
        if (std::ranges::find(listed, name, &mailproto::ImapFolder::raw) == listed.end()) {
            auto parts = sendable(folder.parts);
            if (has_prefix && !is_inbox(folder)) parts.erase(parts.begin());
            name = naming.server_name(parts);
        }
        while (taken.contains(name)) name += '_';
        taken.insert(name);
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace kist::mailbox
