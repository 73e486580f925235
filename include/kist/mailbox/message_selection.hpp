#pragma once
// Which messages of a mailbox's snapshot are meant.

#include "kist/base/byte_count.hpp"
#include "kist/mailbox/snapshot_folders.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kist::mailbox {

struct SelectedFolder {
    SnapshotFolder folder;
    std::vector<SnapshotMessage> messages;  // by UID
};

struct Selection {
    std::vector<SelectedFolder> folders;  // those without a message only where whole folders were asked for

    std::uint64_t messages() const;
    ByteCount bytes() const;
};

// wants: by the name with "/" between its parts; none: all. Errors: not_found where no folder is wanted; damaged where
// the catalog is.
Selection select_folders(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                         const std::function<bool(const std::string& folder)>& wants);

}  // namespace kist::mailbox
