#pragma once
// Forgetting the newest snapshots of a source: latest/ goes back to the newest that is left, staged, committed and
// applied like a run.

#include "kist/repository/forget.hpp"

#include "repository/writing_session.hpp"

namespace kist::repository {

// numbers: the newest snapshots of one source, without one left out between them. When this returns everything is
// committed and carry_out() is left to be called. result: gets what is gone, besides what it says already.
void commit_undo(WritingSession& session, const std::vector<SnapshotNumber>& numbers, ForgetResult& result);

}  // namespace kist::repository
