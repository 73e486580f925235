#pragma once
// What takes space on a volume, and what for.

#include "kist/repository/repository.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::repository {

struct SpaceUsage {
    ByteCount latest;  // sizes of the plain files in latest/, hard links once
    // Blocks on the disk:
    ByteCount packs;
    ByteCount kept;
    ByteCount catalog;  // with its log
    ByteCount signatures;
    ByteCount staging;
    ByteCount reserve;
    ByteCount found;
    // Of the filesystem:
    ByteCount total;
    ByteCount free;  // for ordinary users
};

// Of a volume that others may change meanwhile.
SpaceUsage space_usage(const Repository& repository, Catalog& catalog);

// Contents that no snapshot before, of whatever source, had.
struct Growth {
    SnapshotNumber snapshot = 0;
    std::uint64_t contents = 0;
    ByteCount bytes;  // as large as they are when restored
};
std::vector<Growth> growth(Catalog& catalog);  // by snapshot; those that brought nothing new are left out

// Old contents that are kept for the files of one folder, itself only.
struct FolderHistory {
    SourceId source = 0;
    std::string path;  // absolute, as of a snapshot in which one of them stood
    std::uint64_t contents = 0;
    ByteCount bytes;  // stored
};
// All there are, the largest first. A content that stood in several folders counts for one of them. Memory: the
// folders. Errors: damaged, for a folder without a way up to its source.
std::vector<FolderHistory> history_by_folder(Catalog& catalog);

}  // namespace kist::repository
