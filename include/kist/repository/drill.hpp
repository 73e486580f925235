#pragma once
// A restore drill: files chosen at random, each of a random snapshot that holds it, go the way of a restore, from their
// path through the catalog to the last byte, but into memory, where they are compared and thrown away. What a check
// cannot tell, this does: that a file can be had again. Reads; changes nothing but the record of the last drill.

#include "kist/base/byte_count.hpp"
#include "kist/base/timestamp.hpp"
#include "kist/repository/repository.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

// Written by the drill, read by whoever shows it.
struct DrillProgress {
    std::atomic<std::uint64_t> files_total = 0;
    std::atomic<std::uint64_t> files_done = 0;
    std::atomic<std::uint64_t> bytes_done = 0;
};

// How much: of all contents that snapshots hold, whatever their number of names, each once.
struct DrillExtent {
    std::optional<unsigned> percent;  // 1 to 100
    std::uint64_t files = 0;          // without `percent`
    // A file that is larger than what is left of it is passed over, and another one chosen.
    ByteCount most_bytes{std::numeric_limits<std::uint64_t>::max()};
    std::optional<std::chrono::milliseconds> longest{};  // after which no other file is begun
};

// So little that it is done after each backup, whatever the repository's size: 16 files, 32 MiB, two seconds.
DrillExtent small_extent();

struct DrillOptions {
    DrillExtent extent;
    std::uint64_t seed = 0;  // the same seed chooses the same files in the same repository
    DrillProgress* progress = nullptr;
    const std::atomic<bool>* interrupt = nullptr;  // set: the drill stops, with an interrupted Error
};

struct DrillFailure {
    SnapshotNumber snapshot = 0;
    std::string path;  // absolute, in the source; empty where the catalog does not tell it any more
    std::string reason;
};

struct DrillResult {
    std::uint64_t files = 0;             // that were tried
    ByteCount bytes;                     // of those that came back right; holes count
    std::vector<DrillFailure> failures;  // at most 100 in detail
    std::uint64_t failure_count = 0;
};

// Contents that are known to be lost are left out: `status` and `check` name them. What another process forgets
// meanwhile is no failure. Errors: interrupted, and what keeps the catalog from being read at all.
DrillResult drill(const Repository& repository, const DrillOptions& options);

// The last drill, kept in .kist/drill, which may be lost.
struct DrillRecord {
    Timestamp time;
    std::uint64_t files = 0;
    ByteCount bytes;
    std::uint64_t failures = 0;
};

std::optional<DrillRecord> read_last_drill(const Repository& repository);
// Failures are remembered as damage, too (coverage.hpp), until a check or repair finds none: the next drill is likely
// to choose other files. A drill of no files is not recorded. On a volume that is mounted read-only, or full, the
// record is left out.
void record_drill(const Repository& repository, const DrillResult& result, Timestamp time);

}  // namespace kist::repository
