#include "repository/commit.hpp"

#include "kist/repository/mailbox_source.hpp"

#include "repository/catalog_file.hpp"
#include "repository/content_rows.hpp"
#include "repository/departure.hpp"
#include "repository/entry_row.hpp"
#include "repository/forgotten_rows.hpp"
#include "repository/pack_rows.hpp"
#include "repository/run_record.hpp"
#include "repository/source_row.hpp"
#include "repository/steps.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr int kListedSkips = 1000;
constexpr std::uint64_t kRecordSlack = 16U << 20U;

std::int64_t single(sqlite::Database& database, const std::string& sql) {
    auto statement = database.prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

// Totals of the new snapshot: the previous one's, less the rows that close, plus those that open.
void add_up(sqlite::Database& catalog, Snapshot& snapshot) {
    auto closing = catalog.prepare(fmt::format(
        "SELECT count(*), coalesce(sum(e.type = 0), 0), coalesce(sum(CASE WHEN e.type = 0 THEN e.size END), 0) "
        "FROM plan.change c JOIN main.entry e ON e.id = c.known WHERE {}",
        kClosesKnown));
    auto opening = catalog.prepare(
        "SELECT count(*), coalesce(sum(type = 0), 0), coalesce(sum(CASE WHEN type = 0 THEN size END), 0) "
        "FROM plan.change WHERE outcome IN (1, 2)");
    closing.step();
    opening.step();
    const auto difference = [&](int column) {
        return static_cast<std::uint64_t>(opening.integer(column) - closing.integer(column));
    };
    snapshot.entries += difference(0);
    snapshot.files += difference(1);
    snapshot.bytes.value += difference(2);
    snapshot.skipped = static_cast<std::uint64_t>(single(catalog, "SELECT count(*) FROM plan.skipped"));
}

SnapshotNumber insert_snapshot(sqlite::Database& catalog, const Snapshot& snapshot) {
    auto insert = catalog.prepare(
        "INSERT INTO main.snapshot (source, time, finished, files, entries, bytes, skipped, tags) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, snapshot.source).bind(2, nanoseconds(snapshot.time)).bind(3, nanoseconds(snapshot.finished));
    insert.bind(4, static_cast<std::int64_t>(snapshot.files)).bind(5, static_cast<std::int64_t>(snapshot.entries));
    insert.bind(6, static_cast<std::int64_t>(snapshot.bytes.value));
    insert.bind(7, static_cast<std::int64_t>(snapshot.skipped)).bind_text(8, join_tags(snapshot.tags)).run();
    return catalog.last_insert_id();
}

// A source that is there already may have got another name.
void put_source(sqlite::Database& catalog, const Source& source) {
    auto insert = catalog.prepare(
        "INSERT INTO main.source (id, host, path, name) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name");
    insert.bind(1, source.id).bind_text(2, source.host).bind_blob(3, source.path).bind_text(4, source.name).run();
    if (is_mailbox(source)) note_mailbox(catalog);
}

void insert_contents(sqlite::Database& catalog) {
    catalog.execute(
        "INSERT OR IGNORE INTO main.content (hash, size) SELECT hash, size FROM plan.change "
        "WHERE outcome IN (1, 2) AND type = 0 AND hash IS NOT NULL");
}

void close_entries(sqlite::Database& catalog, SnapshotNumber last) {
    catalog.execute(
        fmt::format("UPDATE main.entry SET last = {} WHERE last IS NULL AND id IN "
                    "(SELECT c.known FROM plan.change c WHERE {})",
                    last, kClosesKnown));
}

void open_entries(sqlite::Database& catalog, SnapshotNumber first, SourceId source) {
    catalog.execute(fmt::format(
        "INSERT INTO main.entry (directory, name, first, type, mode, uid, gid, size, mtime, node, content, device, "
        "inode, "
        "ctime, birth, unsettled, source, user, grp, special, has_holes, target, attributes, mirror_inode) "
        "SELECT c.directory, c.name, {}, c.type, c.mode, c.uid, c.gid, c.size, c.mtime, c.node, k.id, c.device, "
        "c.inode, "
        "c.ctime, c.birth, c.unsettled, {}, c.user, c.grp, c.special, c.has_holes, c.target, c.attributes, "
        "c.mirror_inode "
        "FROM plan.change c LEFT JOIN main.content k ON k.hash = c.hash WHERE c.outcome IN (1, 2) ORDER BY c.id",
        first, source));
}

// Rows whose content and metadata are what they were: only how the source's file is recognised is renewed.
void refresh_entries(sqlite::Database& catalog) {
    catalog.execute(
        "UPDATE main.entry AS e SET device = c.device, inode = c.inode, ctime = c.ctime, birth = c.birth, "
        "unsettled = c.unsettled FROM plan.change c WHERE c.known = e.id AND c.outcome = 3");
}

void record_skipped(sqlite::Database& catalog, SnapshotNumber number) {
    catalog.execute(fmt::format("INSERT INTO main.skipped SELECT {}, path, reason FROM plan.skipped", number));
}

// What only served contents that have returned to latest/ and need it no more.
void remove_unneeded_bases(sqlite::Database& catalog) {
    list_freed(catalog);
    keep_needed_bases(catalog);
    Removed ignored;
    remove_freed(catalog, ignored);
}

std::string absolute_path(const Source& source, std::string_view below) {
    if (below.empty()) return source.path;
    return (source.path == "/" ? "" : source.path) + "/" + std::string(below);
}

RunSummary summarise(sqlite::Database& catalog, const Source& source, const Snapshot& snapshot) {
    RunSummary summary;
    summary.snapshot = snapshot;
    auto counts = catalog.prepare(
        "SELECT coalesce(sum(action = 1 AND origin IS NULL AND outcome = 1), 0), "
        "coalesce(sum(action IN (2, 3) AND outcome IN (1, 2)), 0), "
        "coalesce(sum(action = 1 AND origin IS NOT NULL AND outcome = 2), 0), "
        "coalesce(sum(outcome = 4 AND known IS NOT NULL), 0) FROM plan.change");
    counts.step();
    summary.created = static_cast<std::uint64_t>(counts.integer(0));
    summary.changed = static_cast<std::uint64_t>(counts.integer(1));
    summary.renamed = static_cast<std::uint64_t>(counts.integer(2));
    const auto gone = static_cast<std::uint64_t>(counts.integer(3));
    summary.removed = gone - std::min(gone, summary.renamed);
    auto skipped = catalog.prepare("SELECT path, reason FROM plan.skipped LIMIT ?");
    skipped.bind(1, std::int64_t{kListedSkips});
    while (skipped.step())
        summary.skipped.push_back({absolute_path(source, skipped.text(0)), std::string(skipped.text(1))});
    return summary;
}

}  // namespace

RunSummary commit_run(sqlite::Database& catalog, const os::Directory& mirror, const CommitRequest& request,
                      PackWriter& pack, const std::function<void()>& sync) {
    sqlite::Transaction transaction(catalog);
    const RunRecordRange range{single(catalog, "SELECT max(id) FROM main.entry"),
                               single(catalog, "SELECT max(id) FROM main.content")};
    Snapshot snapshot = request.previous.value_or(Snapshot{});
    snapshot.source = request.source.id;
    snapshot.time = request.snapshot.time;
    snapshot.finished = request.snapshot.finished;
    snapshot.tags = request.snapshot.tags;
    add_up(catalog, snapshot);
    put_source(catalog, request.source);
    snapshot.number = insert_snapshot(catalog, snapshot);

    write_leaving_steps(catalog, mirror);
    insert_contents(catalog);
    bring_back_contents(catalog);
    send_contents_to_history(catalog);
    close_entries(catalog, request.previous ? request.previous->number : 0);
    open_entries(catalog, snapshot.number, request.source.id);
    refresh_entries(catalog);
    remove_unneeded_bases(catalog);
    record_skipped(catalog, snapshot.number);
    write_arriving_steps(catalog, request.source, request.snapshot.ancestors);
    if (is_checkpoint_due(catalog, kRecordSlack))
        write_checkpoint(catalog, pack);
    else
        write_run_record(catalog, request.source, snapshot, range, pack);
    record_packs(catalog, pack);
    auto summary = summarise(catalog, request.source, snapshot);
    sync();
    transaction.commit();
    return summary;
}

}  // namespace kist::repository
