#pragma once
// Whether a repository holds all that it promised, whatever happened to its disk.

#include "kist/repository/snapshot.hpp"

#include "crash/tree_listing.hpp"

#include <map>
#include <set>
#include <string>

namespace kist::crash {

struct Promises {
    std::set<repository::SnapshotNumber> before;  // of the run
    std::set<repository::SnapshotNumber> after;
    std::map<repository::SnapshotNumber, TreeListing> trees;        // of every snapshot that was ever made
    std::map<repository::SnapshotNumber, TreeListing> trees_after;  // the run; most often the same
    bool is_damaged = false;                                        // before the run, which heals it
    std::string source;                                             // as it is now
    int next_hour = 0;                                              // of a snapshot that would be the next
};

enum class RunState { under_way, returned };
enum class Rigour { listings, rsync };  // rsync: restored trees are compared by rsync, too

// Opens the repository at `root` (which recovers it), and throws an Error that says what is wrong if it does not hold
// exactly the snapshots of before or after the run (if it had returned: of after), if one does not restore bit for bit
// (into `scratch`), if check finds anything, or if the next backup fails or leaves a mirror that is not the source.
// What was damaged before the run may still be, unless it had returned; then repair has to heal it.
void judge(const std::string& root, const std::string& scratch, const Promises& promises, RunState state,
           Rigour rigour);

}  // namespace kist::crash
