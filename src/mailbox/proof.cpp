#include "kist/mailbox/proof.hpp"

#include "kist/mailbox/snapshot_folders.hpp"

#include "mailbox/message_hashes.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using ByUid = std::map<std::uint32_t, SnapshotMessage>;

ByUid known_messages(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                     const ServerMessages& messages) {
    ByUid known;
    const auto folders = snapshot_folders(catalog, snapshot);
    const auto folder = std::ranges::find(folders, messages.folder, &SnapshotFolder::raw);
    if (folder == folders.end()) return known;
    for (auto& message : snapshot_messages(catalog, snapshot, *folder))
        if (message.uid_validity == messages.uid_validity) known.emplace(message.uid, std::move(message));
    return known;
}

// Empty: nothing is.
std::string trouble_of(const SnapshotMessage& message, const std::map<std::uint32_t, Digest>& on_server,
                       MessageReader& reader) {
    const auto there = on_server.find(message.uid);
    if (there == on_server.end()) return "the server does not give it, so that it cannot be compared";
    return reader.trouble_with(message, there->second);
}

}  // namespace

std::vector<Unproven> find_unproven(const repository::Repository& repository, const repository::Snapshot& snapshot,
                                    mailproto::ImapSession& session, const ServerMessages& messages) {
    auto catalog = repository.open_catalog();
    const auto known = known_messages(catalog, snapshot, messages);
    std::vector<Unproven> unproven;
    std::vector<std::uint32_t> backed_up;
    for (const auto uid : messages.uids) {
        if (known.contains(uid))
            backed_up.push_back(uid);
        else
            unproven.push_back({uid, fmt::format("snapshot {} does not hold it", snapshot.number)});
    }
    MessageHashes on_server(messages.folder);
    on_server.read_some(session, backed_up);
    MessageReader reader(repository, catalog);
    for (const auto uid : backed_up)
        if (auto trouble = trouble_of(known.at(uid), on_server.by_uid(), reader); !trouble.empty())
            unproven.push_back({uid, std::move(trouble)});
    return unproven;
}

}  // namespace kist::mailbox
