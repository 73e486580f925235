#pragma once
// Rows of the catalog that are to stand in latest/ anew: the changes that make them, and the objects for these in
// staging/in. For what is undone and for what is repaired.

#include "kist/repository/entry.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/writing_session.hpp"

#include <functional>

namespace kist::repository {

// A change that makes row `o` stand again.
inline constexpr const char* kInsertReopening =
    "INSERT INTO plan.change (action, outcome, known, origin, entry, directory, name, node, type, links, mode, uid, "
    "gid, size, mtime, device, inode, ctime, birth, special, hash, mirror_inode) ";
inline constexpr const char* kReopenedRow =
    "o.id, o.directory, o.name, o.node, o.type, 1, o.mode, o.uid, o.gid, o.size, o.mtime, o.device, o.inode, o.ctime, "
    "o.birth, o.special, (SELECT hash FROM main.content WHERE id = o.content)";
// Rows of plan.reopened without a change yet.
inline constexpr const char* kUnplanned =
    "plan.reopened r JOIN main.entry o ON o.id = r.entry "
    "WHERE NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.entry = o.id)";

// Rows of plan.reopened without a change get an object to be staged (outcome stored).
void plan_objects(sqlite::Database& plan);
// Names of one file: all but one become hard links of the one that stands, or of the first that is staged.
void plan_links(sqlite::Database& plan);

// Writes a content whose every copy is bad in some other way; false: there is none.
using OtherSource = std::function<bool(const Entry& entry, int file)>;

// Builds the objects in staging/in, contents from latest/ or history, each compared with its hash. Where no copy is
// good and the other source has none either, the change is given up (outcome skipped); without another source that is a
// damaged Error.
void stage_objects(WritingSession& session, const OtherSource& other_source = {});

// In the commit: the rows stand for what was staged or moved.
void set_mirror_inodes(sqlite::Database& catalog);

}  // namespace kist::repository
