#include "kist/mailbox/message_selection.hpp"

#include "kist/base/error.hpp"

#include <fmt/format.h>

namespace kist::mailbox {

std::uint64_t Selection::messages() const {
    std::uint64_t count = 0;
    for (const auto& folder : folders) count += folder.messages.size();
    return count;
}

ByteCount Selection::bytes() const {
    ByteCount bytes;
    for (const auto& folder : folders)
        for (const auto& message : folder.messages) bytes.value += message.size;
    return bytes;
}

Selection select_folders(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                         const std::function<bool(const std::string& folder)>& wants) {
    Selection selection;
    for (auto& folder : snapshot_folders(catalog, snapshot)) {
        if (!folder.holds_messages || (wants && !wants(folder.readable()))) continue;
        auto messages = snapshot_messages(catalog, snapshot, folder);
        selection.folders.push_back({std::move(folder), std::move(messages)});
    }
    if (selection.folders.empty())
        throw Error(ErrorCode::not_found, fmt::format("snapshot {} holds none of these folders", snapshot.number),
                    fmt::format("`kist ls {}` shows what it holds.", snapshot.number));
    return selection;
}

}  // namespace kist::mailbox
