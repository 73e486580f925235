#include "repository/reversal.hpp"

#include "kist/repository/plain_metadata.hpp"

#include "repository/entry_row.hpp"
#include "repository/forgotten_rows.hpp"
#include "repository/mirror_path.hpp"
#include "repository/object_stager.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

void list_rows(sqlite::Database& plan) {
    plan.execute(fmt::format("INSERT INTO plan.vanishing SELECT id FROM main.entry WHERE {}", kHoldsNone));
    plan.execute(
        "INSERT INTO plan.reopened SELECT e.id FROM (SELECT source, older FROM plan.forgotten LIMIT 1) f "
        "CROSS JOIN main.entry e WHERE e.source = f.source AND e.first <= f.older AND e.last >= f.older");
}

// What stands under its name and is the same file or folder: only metadata differ.
void plan_in_place(sqlite::Database& plan) {
    plan.execute(fmt::format(
        "{} SELECT 3, 2, v.id, NULL, {}, v.mirror_inode FROM plan.reopened r JOIN main.entry o ON o.id = r.entry "
        "JOIN main.entry v ON v.directory = o.directory AND v.name = o.name AND v.last IS NULL "
        "WHERE v.type = o.type AND CASE WHEN o.type = 1 THEN v.node = o.node "
        "ELSE v.content IS o.content AND v.target IS o.target AND v.special = o.special "
        "AND v.mirror_inode = o.mirror_inode AND (v.node IS NULL OR o.node IS NULL OR v.node = o.node) END",
        kInsertReopening, kReopenedRow));
}

void plan_moved_folders(sqlite::Database& plan) {
    plan.execute(fmt::format(
        "{} SELECT 1, 2, NULL, (SELECT v.id FROM main.entry v WHERE v.node = o.node AND v.type = 1 AND v.last IS "
        "NULL), "
        "{}, (SELECT v.mirror_inode FROM main.entry v WHERE v.node = o.node AND v.type = 1 AND v.last IS NULL) FROM {} "
        "AND o.type = 1 AND EXISTS (SELECT 1 FROM main.entry v WHERE v.node = o.node AND v.type = 1 AND v.last IS "
        "NULL)",
        kInsertReopening, kReopenedRow, kUnplanned));
}

// A plain file that would leave its name, with a content that is wanted under another.
void plan_moved_files(sqlite::Database& plan) {
    plan.execute(fmt::format(
        "{} SELECT 1, 2, NULL, v.id, {}, v.mirror_inode FROM "
        "(SELECT o.id AS wanted, o.content, row_number() OVER (PARTITION BY o.content ORDER BY o.id) AS turn FROM {} "
        "  AND o.type = 0 AND o.node IS NULL) w JOIN "
        "(SELECT v.id AS found, v.content, row_number() OVER (PARTITION BY v.content ORDER BY v.id) AS turn "
        "  FROM plan.vanishing x JOIN main.entry v ON v.id = x.entry WHERE v.type = 0 AND v.node IS NULL "
        "  AND v.last IS NULL AND NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.known = v.id)) s "
        "ON s.content = w.content AND s.turn = w.turn "
        "JOIN main.entry o ON o.id = w.wanted JOIN main.entry v ON v.id = s.found",
        kInsertReopening, kReopenedRow, kUnplanned));
}

bool is_sound(const os::Directory& mirror, const std::string& path, const Entry& entry) {
    const auto slash = path.rfind('/');
    const auto folder = mirror.find_below(path.substr(0, slash));
    const auto status = folder ? folder->find_status(path.substr(slash + 1)) : std::nullopt;
    return status && is_as_left(*status, entry.metadata) && status->inode == entry.mirror_inode;
}

// What somebody touched since is not moved: the content comes from a copy whose hash is compared.
void drop_unsound_moves(const os::Directory& mirror, sqlite::Database& plan) {
    auto moves =
        plan.prepare(fmt::format("SELECT {} FROM main.entry WHERE id IN (SELECT origin FROM plan.change "
                                 "WHERE type = 0 AND origin IS NOT NULL)",
                                 kEntryColumns));
    auto drop = plan.prepare("DELETE FROM plan.change WHERE origin = ?");
    LivePaths paths(plan);
    while (moves.step()) {
        const auto entry = read_entry(moves);
        if (!is_sound(mirror, paths.path(entry.directory, entry.name), entry)) drop.bind(1, entry.id).run();
    }
}

// Whatever else stands there leaves; what is in a folder that leaves as a whole goes with it.
void plan_removals(sqlite::Database& plan) {
    plan.execute(
        "INSERT INTO plan.change (action, outcome, known, covered, directory, name, type, links, mode, uid, gid, size, "
        "mtime, device, inode, ctime, special) SELECT 4, 4, v.id, "
        "v.directory > 0 AND NOT EXISTS (SELECT 1 FROM plan.change d WHERE d.node = v.directory AND d.type = 1 AND "
        "d.outcome = 2) AND EXISTS (SELECT 1 FROM main.entry p JOIN plan.vanishing x ON x.entry = p.id "
        "WHERE p.node = v.directory AND p.type = 1 AND p.last IS NULL), "
        "v.directory, v.name, v.type, 1, v.mode, v.uid, v.gid, v.size, v.mtime, v.device, v.inode, v.ctime, v.special "
        "FROM plan.vanishing x JOIN main.entry v ON v.id = x.entry WHERE v.last IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.known = v.id)");
}

}  // namespace

void plan_reversal(const os::Directory& mirror, sqlite::Database& plan) {
    plan.execute("BEGIN");
    list_rows(plan);
    plan_in_place(plan);
    plan_moved_folders(plan);
    plan_moved_files(plan);
    drop_unsound_moves(mirror, plan);
    plan_objects(plan);
    plan_links(plan);
    plan_removals(plan);
    plan.execute("COMMIT");
}

}  // namespace kist::repository
