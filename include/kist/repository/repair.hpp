#pragma once
// Heals what check() finds damaged: plain files and folders of latest/ are made anew, contents in history are written
// again. A good copy is looked for in the repository first, then in the source, where the same file has it still; its
// hash decides. What nothing is left of is set down as lost, so that everything else works on and the next backup of
// such a file stores it anew. What was damaged is moved or copied to .kist/found; what gives read errors in history is
// left as it is, as the next try may be luckier.
//
// Crash-safe like a run: staged, committed, applied.

#include "kist/os/fd.hpp"
#include "kist/repository/check.hpp"
#include "kist/repository/forget.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

// Opens a file of a source, by its absolute path; nullopt: it is not there, or the source is another host's.
using SourceOpener = std::function<std::optional<os::Fd>(const Source& source, const std::string& path)>;

struct RepairOptions {
    Rehearsal rehearsal = Rehearsal::no;  // yes: nothing is changed, the result is what was found
    SourceOpener open_source;             // or none
    CheckProgress* progress = nullptr;
    const std::atomic<bool>* interrupt = nullptr;
};

enum class Healing : std::uint8_t {
    healed,       // from another copy in the repository
    from_source,  // from the source's file
    lost,         // no good copy is left; said so in the catalog
    waiting,      // a delta that is whole, but of a lost content: it is good again when that comes back
    none,         // of a rehearsal; or it cannot be read now, and is left as it is
};

struct Repaired {
    Damage damage;
    Healing healing = Healing::none;
};

struct RepairResult {
    CheckResult check;  // as it was before
    std::vector<Repaired> repaired;

    std::uint64_t left() const;  // how much is lost, or damaged as before
    bool is_whole() const { return left() == 0; }
};

// Errors: as of check(); busy, no_space. What check() could not name one by one (more than 1000) is left for another
// call.
RepairResult repair(const Repository& repository, const RepairOptions& options);

}  // namespace kist::repository
