#pragma once
// Whether everything that the repository promises to hold is there: the catalog agrees with itself, latest/ is what the
// catalog says, and every content, in latest/, in packs and in history/kept, has the hash it was backed up with.
// Nothing is changed. A run that is being applied meanwhile is waited for where it matters.

#include "kist/base/byte_count.hpp"
#include "kist/repository/coverage.hpp"
#include "kist/repository/repository.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

enum class CheckDepth {
    contents,  // read everything
    catalog,   // the catalog, and that names, types and sizes in latest/ are right
};

// Written by the check, read by whoever shows it.
struct CheckProgress {
    std::atomic<std::uint64_t> files_total = 0;  // plain files and contents in history
    std::atomic<std::uint64_t> bytes_total = 0;
    std::atomic<std::uint64_t> files_done = 0;
    std::atomic<std::uint64_t> bytes_done = 0;
};

struct CheckOptions {
    CheckDepth depth = CheckDepth::contents;
    HashRange range;                               // of the contents, those that are read
    unsigned threads = 0;                          // 0: as many as there are cores
    CheckProgress* progress = nullptr;             // or none
    const std::atomic<bool>* interrupt = nullptr;  // set: the check stops, with an interrupted Error
};

// A copy that is not what was backed up, or something else in latest/ that is not what the catalog says.
struct Damage {
    std::string reason;                 // names the place: latest/files/..., history/0001.pack, history/kept/...
    bool is_recoverable = false;        // restores are not concerned: another copy is good, or the catalog has it all
    std::vector<Occurrence> concerned;  // files and snapshots that it belongs to, newest first, at most 100
    std::optional<EntryId> entry;       // of what stands in latest/
    std::optional<ContentId> content;   // of what lies in history, or is lost
};

struct CheckResult {
    std::uint64_t entries = 0;                 // names in latest/ that were compared
    std::uint64_t files = 0;                   // plain files of those that were read
    std::uint64_t contents = 0;                // in history, that were read
    ByteCount bytes_read;                      // of contents; holes count as read
    std::vector<std::string> inconsistencies;  // of the catalog, one line each
    std::vector<Damage> damage;                // at most 1000 in detail
    std::uint64_t damage_count = 0;

    bool is_sound() const { return inconsistencies.empty() && damage_count == 0; }
};

// Errors: interrupted, and what keeps the catalog from being read at all. Damage is a value.
CheckResult check(const Repository& repository, const CheckOptions& options);

}  // namespace kist::repository
