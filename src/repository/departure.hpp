#pragma once
// Old contents on their way into history: what no name holds any more after a run must have its record before the
// commit.

#include "kist/repository/repository.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

#include <string>
#include <vector>

namespace kist::repository {

// Whole contents up to this size are copied into packs; larger ones are moved to history/kept when the run is applied.
inline constexpr std::uint64_t kLargestCopied = 1U << 20U;

// Fills plan.leaving. What a newer version takes the place of is appended to the pack as a reverse delta where that is
// worth it, other small contents whole, after each was checked against its hash; of large ones it is made sure that
// they are right. A content whose every plain file is damaged or missing gets place `lost`; each is named in the
// result.
std::vector<std::string> save_departing(const Repository& repository, sqlite::Database& plan, PackWriter& pack);

// Which changes close the row they know, as an SQL condition on plan.change under the name `c`.
inline constexpr const char* kClosesKnown = "(c.action = 4 OR (c.known IS NOT NULL AND c.outcome IN (1, 2, 4)))";

}  // namespace kist::repository
