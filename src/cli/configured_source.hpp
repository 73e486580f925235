#pragma once
// What the configuration says of a source, in the words of those who act on it. All throw usage Errors that name the
// line.

#include "kist/backup/backup.hpp"
#include "kist/config/configuration.hpp"
#include "kist/repository/retention.hpp"
#include "kist/selection/boundaries.hpp"
#include "kist/selection/selection.hpp"

namespace kist::cli {

// Behind what `selection` says already.
void add_rules(const config::Source& source, selection::Selection& selection);

// What `boundaries` leaves open.
void add_boundaries(const config::Source& source, selection::Boundaries& boundaries);

backup::SourceSnapshotUse snapshot_use_of(const config::Source& source);

repository::RetentionPolicy policy_of(const config::Retention& retention);

}  // namespace kist::cli
