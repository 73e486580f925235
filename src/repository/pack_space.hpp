#pragma once
// Which parts of a pack are needed and which are not, by the catalog alone; and what giving the rest back to the
// filesystem, in whole blocks, leaves behind. Offsets are those in the pack.

#include "kist/repository/catalog.hpp"
#include "kist/sqlite/database.hpp"

#include <cstdint>
#include <vector>

namespace kist::repository {

struct PackRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    std::uint64_t size() const { return end - begin; }
    friend bool operator==(const PackRange&, const PackRange&) = default;
};

// A record that is needed. content 0: a part of a run record, which cannot be moved, because their order counts.
struct NeededRecord {
    PackRange range;
    ContentId content = 0;
};

// Of the first `size` bytes of the pack, in their order. damaged where records overlap.
std::vector<NeededRecord> needed_records(sqlite::Database& catalog, std::int64_t pack, std::uint64_t size);

// What lies between them, behind the pack's header.
std::vector<PackRange> gaps_between(const std::vector<NeededRecord>& records, std::uint64_t size);

// The whole blocks in a gap behind the header that marks it; empty where there are none.
PackRange blocks_in(PackRange gap, std::uint64_t block_size);
// Bytes of a gap that stay allocated.
inline std::uint64_t waste_of(PackRange gap, std::uint64_t block_size) {
    return gap.size() - blocks_in(gap, block_size).size();
}

// Needed records without a gap between them.
struct NeededRun {
    std::size_t first = 0;  // index of its first record
    std::size_t count = 0;
    std::uint64_t size = 0;
    std::uint64_t gain = 0;  // bytes that could be given back besides, were it moved elsewhere
    bool is_fixed = false;   // holds parts of run records
};
std::vector<NeededRun> runs_of(const std::vector<NeededRecord>& records, std::uint64_t size, std::uint64_t block_size);

}  // namespace kist::repository
