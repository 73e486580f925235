#pragma once
// The commit of what takes rows out of the catalog, or renames sources, but leaves latest/ as it is: contents that no
// row names any more go, others are made to do without them, and run records say so.

#include "kist/repository/forget.hpp"

#include "repository/dependents.hpp"
#include "repository/writing_session.hpp"

#include <functional>

namespace kist::repository {

// Changes rows, and lists in plan.freed the contents that they named. Called again after a rollback.
using ChangeRows = std::function<void(sqlite::Database& catalog, Removed& removed)>;

enum class RecordAs {
    changes,     // what plan.forgotten and `renamed` say, or a checkpoint when one is due
    checkpoint,  // nothing of what was before
};

struct HistoryChange {
    ChangeRows change_rows;
    FreedBases freed_bases = FreedBases::stay_where_cheaper;
    RecordAs record_as = RecordAs::changes;
    std::vector<SourceId> renamed{};  // whose names change_rows changes
};

// Durable when it returns; WritingSession::carry_out() is left to be called. On a full volume the reserve is used.
void commit_history(WritingSession& session, const HistoryChange& change, Removed& removed);
// What it would remove. Changes nothing.
void rehearse_history(WritingSession& session, const HistoryChange& change, Removed& removed);
// WritingSession::carry_out(), with an Error that says that the change itself is done.
void carry_out_history(WritingSession& session);

}  // namespace kist::repository
