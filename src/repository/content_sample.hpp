#pragma once
// Contents chosen at random among those that snapshots hold, and for each a file version that has it. The catalog may
// change meanwhile: what was chosen may be gone when it is looked for.

#include "kist/repository/entry.hpp"
#include "kist/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace kist::repository {

class ContentSample {
  public:
    ContentSample(const std::string& catalog_path, std::uint64_t seed);

    std::uint64_t count();  // of contents. Reads an index from end to end, as exactly() does.
    // As many, or all, every choice of them equally likely; in the order in which they were first backed up.
    std::vector<ContentId> exactly(std::uint64_t wanted);
    // Another one each time, without reading an index from end to end. Those that follow a gap in the numbers are
    // likelier. nullopt: there are no more.
    std::optional<ContentId> next();

    // A row of a regular file, and a snapshot of its source that holds it. nullopt: there is none any more.
    struct Version {
        EntryId entry = 0;
        SnapshotNumber snapshot = 0;
    };
    std::optional<Version> version_of(ContentId content);

  private:
    std::uint64_t below(std::uint64_t end);  // a random number
    std::optional<ContentId> find_after(ContentId content);

    sqlite::Database database_;
    std::mt19937_64 random_;
    std::set<ContentId> chosen_;  // by next()
};

}  // namespace kist::repository
