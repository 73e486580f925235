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

// Fills plan.leaving, appends the small contents to the pack after checking each against its hash, and makes sure of
// the large ones. A content whose every plain file is damaged or missing gets place `lost`; each is named in the
// result.
std::vector<std::string> save_departing(const Repository& repository, sqlite::Database& plan, PackWriter& pack);

// Which changes close the row they know, as an SQL condition on plan.change under the name `c`.
inline constexpr const char* kClosesKnown = "(c.action = 4 OR (c.known IS NOT NULL AND c.outcome IN (1, 2, 4)))";

}  // namespace kist::repository
