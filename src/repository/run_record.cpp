#include "repository/run_record.hpp"

#include "kist/base/error.hpp"
#include "kist/crypto/sha256.hpp"

#include "repository/byte_order.hpp"
#include "repository/departure.hpp"
#include "repository/entry_row.hpp"
#include "repository/pack_rows.hpp"
#include "repository/source_row.hpp"

#include <utility>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kChunk = 1U << 20U;
constexpr const char* kContentColumns =
    "id, hash, size, place, pack, offset, stored, (SELECT b.hash FROM main.content b WHERE b.id = k.base)";

constexpr Digest kNoBase{};

enum class Item : std::uint8_t {
    run = 1,
    content = 2,
    opened = 3,
    closed = 4,
    refreshed = 5,
    skipped = 6,
    forgotten = 7,
    checkpoint = 8,
    within = 9,
    placed = 10,
    tagged = 11,
    renamed = 12,
};

void put_optional(std::vector<std::byte>& out, std::optional<std::int64_t> value) {
    put(out, std::uint8_t{value.has_value()});
    put(out, value.value_or(0));
}

// Collects items and appends them in records of about a MiB each.
class RecordStream {
  public:
    RecordStream(sqlite::Database& catalog, PackWriter& pack)
        : pack_(pack), insert_(catalog.prepare("INSERT INTO main.record VALUES (?, ?, ?, ?)")) {}

    std::vector<std::byte>& item(Item kind) {
        if (chunk_.size() >= kChunk) flush();
        put(chunk_, kind);
        ++items_;
        return chunk_;
    }

    void end(SnapshotNumber number) {
        flush();
        std::vector<std::byte> end;
        put(end, number);
        put(end, chunks_);
        put_bytes(end, all_.finish().bytes);
        append({RecordKind::run_end, {}, {}, std::move(end)});
    }

  private:
    void flush() {
        if (chunk_.empty()) return;
        all_.update(chunk_);
        append({RecordKind::rows, {}, {}, chunk_});
        chunk_.clear();
        ++chunks_;
    }

    void append(const Record& record) {
        const auto place = pack_.append(encode_record(record));
        insert_.bind(1, place.pack).bind(2, static_cast<std::int64_t>(place.offset));
        insert_.bind(3, static_cast<std::int64_t>(place.stored)).bind(4, std::exchange(items_, 0)).run();
    }

    PackWriter& pack_;
    sqlite::Statement insert_;
    std::vector<std::byte> chunk_;
    std::int64_t items_ = 0;
    std::uint64_t chunks_ = 0;
    crypto::Sha256 all_;
};

void put_run(std::vector<std::byte>& out, const Source& source, const Snapshot& snapshot) {
    put(out, source.id);
    put_sized(out, source.host);
    put_sized(out, source.path);
    put_sized(out, source.name);
    put(out, snapshot.number);
    put(out, nanoseconds(snapshot.time));
    put(out, nanoseconds(snapshot.finished));
    put(out, snapshot.files);
    put(out, snapshot.entries);
    put(out, snapshot.bytes.value);
    put(out, snapshot.skipped);
}

void put_tags(const Snapshot& snapshot, RecordStream& stream) {
    if (snapshot.tags.empty()) return;
    auto& out = stream.item(Item::tagged);
    put(out, snapshot.number);
    put_sized(out, join_tags(snapshot.tags));
}

void put_entry(std::vector<std::byte>& out, const Entry& entry) {
    const auto& metadata = entry.metadata;
    const auto& identity = entry.identity;
    put(out, entry.id);
    put(out, entry.directory);
    put_sized(out, entry.name);
    put_optional(out, entry.node);
    put_optional(out, entry.content);
    put(out, metadata.type);
    put(out, metadata.mode);
    put(out, metadata.uid);
    put(out, metadata.gid);
    put_sized(out, metadata.user);
    put_sized(out, metadata.group);
    put(out, metadata.size);
    put(out, nanoseconds(metadata.mtime));
    put(out, metadata.special_device);
    put(out, std::uint8_t{metadata.has_holes});
    put_sized(out, metadata.symlink_target);
    put_sized(out, encode_attributes(metadata));
    put(out, identity.device);
    put(out, identity.inode);
    put(out, nanoseconds(identity.ctime));
    put_optional(out, identity.birth_time ? std::optional(nanoseconds(*identity.birth_time)) : std::nullopt);
    put(out, std::uint8_t{identity.unsettled});
    put(out, entry.mirror_inode);
}

void put_contents(sqlite::Statement& contents, RecordStream& stream) {
    while (contents.step()) {
        auto& out = stream.item(Item::content);
        put(out, contents.integer(0));
        put_bytes(out, contents.blob(1));
        put(out, contents.integer(2));
        put(out, static_cast<std::uint8_t>(contents.integer(3)));
        put_optional(out, contents.optional_integer(4));
        put_optional(out, contents.optional_integer(5));
        put_optional(out, contents.optional_integer(6));
        put_bytes(out, contents.is_null(7) ? std::span<const std::byte>(kNoBase.bytes) : contents.blob(7));
    }
}

void put_changed_contents(sqlite::Database& catalog, ContentId last_old, RecordStream& stream) {
    auto contents = catalog.prepare(fmt::format(
        "SELECT {0} FROM main.content k WHERE id > ?1 UNION ALL SELECT {0} FROM main.content k WHERE id <= ?1 "
        "AND id IN (SELECT content FROM plan.leaving UNION SELECT content FROM plan.returned)",
        kContentColumns));
    contents.bind(1, last_old);
    put_contents(contents, stream);
}

void put_opened(sqlite::Database& catalog, EntryId last_old, RecordStream& stream) {
    auto opened = catalog.prepare(fmt::format("SELECT {} FROM main.entry WHERE id > ?", kEntryColumns));
    opened.bind(1, last_old);
    while (opened.step()) put_entry(stream.item(Item::opened), read_entry(opened));
}

void put_closed(EntryId id, SnapshotNumber last, RecordStream& stream) {
    auto& out = stream.item(Item::closed);
    put(out, id);
    put(out, last);
}

void put_closed(sqlite::Database& catalog, RecordStream& stream) {
    auto closed = catalog.prepare(fmt::format(
        "SELECT e.id, e.last FROM plan.change c JOIN main.entry e ON e.id = c.known WHERE {}", kClosesKnown));
    while (closed.step()) put_closed(closed.integer(0), closed.integer(1), stream);
}

void put_refreshed(sqlite::Database& catalog, RecordStream& stream) {
    auto refreshed = catalog.prepare(
        "SELECT known, device, inode, ctime, birth, unsettled FROM plan.change WHERE outcome = 3 AND known IS NOT "
        "NULL");
    while (refreshed.step()) {
        auto& out = stream.item(Item::refreshed);
        for (int column = 0; column < 4; ++column) put(out, refreshed.integer(column));
        put_optional(out, refreshed.optional_integer(4));
        put(out, static_cast<std::uint8_t>(refreshed.integer(5)));
    }
}

void put_skipped(sqlite::Statement& skipped, RecordStream& stream) {
    while (skipped.step()) {
        auto& out = stream.item(Item::skipped);
        put_sized(out, skipped.text(0));
        put_sized(out, skipped.text(1));
    }
}

// Rows that stand again, by another plain file.
void put_placed(sqlite::Database& catalog, RecordStream& stream) {
    auto placed =
        catalog.prepare("SELECT entry, mirror_inode FROM plan.change WHERE entry IS NOT NULL AND outcome IN (1, 2)");
    while (placed.step()) {
        auto& out = stream.item(Item::placed);
        put(out, placed.integer(0));
        put(out, placed.integer(1));
    }
}

void put_renamed(sqlite::Database& catalog, const std::vector<SourceId>& renamed, RecordStream& stream) {
    auto names = catalog.prepare("SELECT name FROM main.source WHERE id = ?");
    for (const auto id : renamed) {
        if (!names.bind(1, id).step()) continue;
        auto& out = stream.item(Item::renamed);
        put(out, id);
        put_sized(out, names.text(0));
        names.reset();
    }
}

void put_all_snapshots(sqlite::Database& catalog, RecordStream& stream) {
    auto snapshots = catalog.prepare(fmt::format("SELECT {} FROM main.snapshot ORDER BY number", kSnapshotColumns));
    auto sources = catalog.prepare(fmt::format("SELECT {} FROM main.source WHERE id = ?", kSourceColumns));
    auto skipped = catalog.prepare("SELECT path, reason FROM main.skipped WHERE snapshot = ? ORDER BY rowid");
    while (snapshots.step()) {
        const auto snapshot = read_snapshot(snapshots);
        if (!sources.bind(1, snapshot.source).step())
            throw Error(ErrorCode::damaged, "the catalog has a snapshot without its source");
        put_run(stream.item(Item::run), read_source(sources), snapshot);
        put_tags(snapshot, stream);
        sources.reset();
        skipped.bind(1, snapshot.number);
        put_skipped(skipped, stream);
        skipped.reset();
    }
}

void put_all_entries(sqlite::Database& catalog, RecordStream& stream) {
    auto entries = catalog.prepare(fmt::format("SELECT {} FROM main.entry ORDER BY id", kEntryColumns));
    SnapshotNumber within = 0;
    while (entries.step()) {
        const auto entry = read_entry(entries);
        if (entry.first != within) put(stream.item(Item::within), entry.first);
        within = entry.first;
        put_entry(stream.item(Item::opened), entry);
        if (entry.last) put_closed(entry.id, *entry.last, stream);
    }
}

std::int64_t single(sqlite::Database& catalog, const char* sql) {
    auto statement = catalog.prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

}  // namespace

void write_run_record(sqlite::Database& catalog, const Source& source, const Snapshot& snapshot, RunRecordRange range,
                      PackWriter& pack) {
    RecordStream stream(catalog, pack);
    put_run(stream.item(Item::run), source, snapshot);
    put_tags(snapshot, stream);
    put_changed_contents(catalog, range.last_old_content, stream);
    put_opened(catalog, range.last_old_entry, stream);
    put_closed(catalog, stream);
    put_refreshed(catalog, stream);
    auto skipped = catalog.prepare("SELECT path, reason FROM plan.skipped");
    put_skipped(skipped, stream);
    stream.end(snapshot.number);
}

void write_history_record(sqlite::Database& catalog, const std::vector<SourceId>& renamed, PackWriter& pack) {
    RecordStream stream(catalog, pack);
    auto forgotten = catalog.prepare("SELECT number FROM plan.forgotten");
    while (forgotten.step()) put(stream.item(Item::forgotten), forgotten.integer(0));
    auto moved = catalog.prepare(
        fmt::format("SELECT {} FROM main.content k WHERE id IN (SELECT content FROM plan.moved UNION SELECT content "
                    "FROM plan.leaving UNION SELECT content FROM plan.returned)",
                    kContentColumns));
    put_contents(moved, stream);
    put_placed(catalog, stream);
    put_renamed(catalog, renamed, stream);
    stream.end(0);
}

void write_repair_record(sqlite::Database& catalog, PackWriter& pack) {
    RecordStream stream(catalog, pack);
    auto moved = catalog.prepare(
        fmt::format("SELECT {} FROM main.content k WHERE id IN (SELECT content FROM plan.moved)", kContentColumns));
    put_contents(moved, stream);
    put_refreshed(catalog, stream);
    put_placed(catalog, stream);
    stream.end(0);
}

void drop_run_records(sqlite::Database& catalog) {
    mark_packs_of_run_records(catalog);
    catalog.execute("DELETE FROM main.record");
}

void write_checkpoint(sqlite::Database& catalog, PackWriter& pack) {
    drop_run_records(catalog);
    RecordStream stream(catalog, pack);
    put(stream.item(Item::checkpoint), single(catalog, "SELECT max(seq) FROM main.sqlite_sequence"));
    put_all_snapshots(catalog, stream);
    auto contents = catalog.prepare(fmt::format("SELECT {} FROM main.content k ORDER BY id", kContentColumns));
    put_contents(contents, stream);
    put_all_entries(catalog, stream);
    stream.end(0);
}

bool is_checkpoint_due(sqlite::Database& catalog, std::uint64_t slack) {
    auto records = catalog.prepare("SELECT coalesce(sum(stored), 0), coalesce(sum(items), 0) FROM main.record");
    records.step();
    const auto stored = static_cast<std::uint64_t>(records.integer(0));
    const auto items = static_cast<std::uint64_t>(records.integer(1));
    if (stored <= slack || items == 0) return false;
    const auto needed = static_cast<std::uint64_t>(
        single(catalog,
               "SELECT (SELECT count(*) FROM main.entry) + (SELECT count(*) FROM main.content) + "
               "(SELECT count(*) FROM main.snapshot) + (SELECT count(*) FROM main.skipped)"));
    // Items differ in size: a quarter more is taken for an estimate that is wrong.
    return stored > stored / items * needed * 5 / 4 + slack;
}

}  // namespace kist::repository
