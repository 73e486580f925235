#pragma once
// The commit of a run: from staged changes to a durable snapshot. See src/repository/run.cpp for the order of things.

#include "kist/repository/run.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

#include <vector>

namespace kist::repository {

struct CommitRequest {
    Source source;
    std::optional<Snapshot> previous;
    NewSnapshot snapshot;
};

// catalog: the plan's connection, outside any transaction; save_departing() has been done with `pack`. On return the
// snapshot and the steps are durable. `sync` is called once, when everything that the commit relies on has been
// written.
RunSummary commit_run(sqlite::Database& catalog, const os::Directory& mirror, const CommitRequest& request,
                      PackWriter& pack, const std::function<void()>& sync);

}  // namespace kist::repository
