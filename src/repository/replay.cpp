#include "repository/replay.hpp"

#include "kist/base/error.hpp"
#include "kist/crypto/sha256.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "repository/byte_order.hpp"
#include "repository/catalog_file.hpp"
#include "repository/entry_row.hpp"
#include "repository/forgotten_rows.hpp"
#include "repository/source_row.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::uint32_t kAllModes = 07777;
constexpr std::uint8_t kLastType = 6;
constexpr std::uint8_t kLastPlace = 3;

Error impossible(const char* what) {
    return {ErrorCode::damaged, fmt::format("a run record says {} that cannot be", what)};
}

std::optional<std::int64_t> take_optional(Reader& items) {
    const auto is_there = items.take<std::uint8_t>() != 0;
    const auto value = items.take<std::int64_t>();
    return is_there ? std::optional(value) : std::nullopt;
}

}  // namespace

// The statements, and what the record at hand has said so far.
struct Replay::Parts {
    explicit Parts(sqlite::Database& catalog_to_fill)
        : catalog(catalog_to_fill),
          insert_source(
              catalog.prepare("INSERT OR REPLACE INTO main.source (id, host, path, name) VALUES (?, ?, ?, ?)")),
          insert_snapshot(catalog.prepare("INSERT OR REPLACE INTO main.snapshot (number, source, time, finished, "
                                          "files, entries, bytes, skipped) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")),
          rename_source(catalog.prepare("UPDATE main.source SET name = ?2 WHERE id = ?1")),
          tag_snapshot(catalog.prepare("UPDATE main.snapshot SET tags = ?2 WHERE number = ?1")),
          insert_content(catalog.prepare("INSERT OR REPLACE INTO main.content (id, hash, size, place, pack, offset, "
                                         "stored) VALUES (?, ?, ?, ?, ?, ?, ?)")),
          note_base(catalog.prepare("INSERT OR REPLACE INTO temp.base VALUES (?, ?)")),
          insert_entry(catalog.prepare(entry_insertion())),
          close_entry(catalog.prepare("UPDATE main.entry SET last = ?2 WHERE id = ?1")),
          refresh_entry(catalog.prepare("UPDATE main.entry SET device = ?2, inode = ?3, ctime = ?4, birth = ?5, "
                                        "unsettled = ?6 WHERE id = ?1")),
          place_entry(catalog.prepare("UPDATE main.entry SET mirror_inode = ?2 WHERE id = ?1")),
          insert_skipped(catalog.prepare("INSERT INTO main.skipped VALUES (?, ?, ?)")),
          find_source(catalog.prepare("SELECT source FROM main.snapshot WHERE number = ?")),
          insert_record(catalog.prepare("INSERT OR REPLACE INTO main.record VALUES (?, ?, ?, ?)")) {}

    void run(Reader& items);
    void content(Reader& items);
    void opened(Reader& items);
    void closed(Reader& items);
    void refreshed(Reader& items);
    void skip(Reader& items);
    void within(Reader& items);
    void placed(Reader& items);
    void tagged(Reader& items);
    void renamed(Reader& items);
    void require_changed() const {
        if (catalog.changes() != 1) throw impossible("something of what is not there");
    }

    sqlite::Database& catalog;
    sqlite::Statement insert_source;
    sqlite::Statement insert_snapshot;
    sqlite::Statement rename_source;
    sqlite::Statement tag_snapshot;
    sqlite::Statement insert_content;
    sqlite::Statement note_base;
    sqlite::Statement insert_entry;
    sqlite::Statement close_entry;
    sqlite::Statement refresh_entry;
    sqlite::Statement place_entry;
    sqlite::Statement insert_skipped;
    sqlite::Statement find_source;
    sqlite::Statement insert_record;

    SourceId source = 0;
    SnapshotNumber snapshot = 0;
    std::vector<SnapshotNumber> forgotten;
    crypto::Sha256 all;
};

void Replay::Parts::run(Reader& items) {
    source = items.take<std::int64_t>();
    const auto host = items.take_sized();
    const auto path = items.take_sized();
    const auto name = items.take_sized();
    insert_source.bind(1, source).bind_text(2, host).bind_blob(3, path).bind_text(4, name).run();
    if (host == kMailHost) note_mailbox(catalog);
    snapshot = items.take<std::int64_t>();
    insert_snapshot.bind(1, snapshot).bind(2, source);
    for (int column = 3; column <= 8; ++column) insert_snapshot.bind(column, items.take<std::int64_t>());
    insert_snapshot.run();
}

void Replay::Parts::content(Reader& items) {
    const auto id = items.take<std::int64_t>();
    const auto hash = items.take_bytes(sizeof(Digest));
    const auto size = items.take<std::int64_t>();
    const auto place = items.take<std::uint8_t>();
    if (size < 0 || place > kLastPlace) throw impossible("a content");
    insert_content.bind(1, id).bind_blob(2, hash).bind(3, size).bind(4, std::int64_t{place});
    for (int column = 5; column <= 7; ++column) insert_content.bind(column, take_optional(items));
    insert_content.run();
    const auto base = items.take_bytes(sizeof(Digest));
    if (std::ranges::any_of(base, [](std::byte byte) { return byte != std::byte{0}; }))
        note_base.bind(1, id).bind_blob(2, base).run();
}

void Replay::Parts::opened(Reader& items) {
    Entry entry;
    auto& metadata = entry.metadata;
    auto& identity = entry.identity;
    entry.id = items.take<std::int64_t>();
    entry.directory = items.take<std::int64_t>();
    entry.name = items.take_sized();
    require_entry_name(entry.directory, entry.name);
    entry.node = take_optional(items);
    entry.content = take_optional(items);
    const auto type = items.take<std::uint8_t>();
    metadata.mode = items.take<std::uint32_t>();
    if (type > kLastType || metadata.mode > kAllModes) throw impossible("a name");
    metadata.type = static_cast<os::FileType>(type);
    metadata.uid = items.take<std::uint32_t>();
    metadata.gid = items.take<std::uint32_t>();
    metadata.user = items.take_sized();
    metadata.group = items.take_sized();
    metadata.size = items.take<std::uint64_t>();
    metadata.mtime = timestamp(items.take<std::int64_t>());
    metadata.special_device = items.take<std::uint64_t>();
    metadata.has_holes = items.take<std::uint8_t>() != 0;
    metadata.symlink_target = items.take_sized();
    const auto attributes = items.take_sized();
    identity.device = items.take<std::uint64_t>();
    identity.inode = items.take<std::uint64_t>();
    identity.ctime = timestamp(items.take<std::int64_t>());
    if (const auto birth = take_optional(items)) identity.birth_time = timestamp(*birth);
    identity.unsettled = items.take<std::uint8_t>() != 0;
    entry.mirror_inode = items.take<std::uint64_t>();
    entry.first = snapshot;
    entry.source = source;
    bind_entry(insert_entry, entry, attributes);
    insert_entry.run();
}

void Replay::Parts::closed(Reader& items) {
    const auto id = items.take<std::int64_t>();
    close_entry.bind(1, id).bind(2, items.take<std::int64_t>()).run();
    require_changed();
}

void Replay::Parts::refreshed(Reader& items) {
    for (int column = 1; column <= 4; ++column) refresh_entry.bind(column, items.take<std::int64_t>());
    refresh_entry.bind(5, take_optional(items));
    refresh_entry.bind(6, std::int64_t{items.take<std::uint8_t>()}).run();
    require_changed();
}

void Replay::Parts::skip(Reader& items) {
    const auto path = items.take_sized();
    const auto reason = items.take_sized();
    insert_skipped.bind(1, snapshot).bind_blob(2, path).bind_text(3, reason).run();
}

void Replay::Parts::within(Reader& items) {
    snapshot = items.take<std::int64_t>();
    if (!find_source.bind(1, snapshot).step()) throw impossible("a snapshot");
    source = find_source.integer(0);
    find_source.reset();
}

void Replay::Parts::placed(Reader& items) {
    const auto id = items.take<std::int64_t>();
    place_entry.bind(1, id).bind(2, items.take<std::int64_t>()).run();
    require_changed();
}

void Replay::Parts::tagged(Reader& items) {
    tag_snapshot.bind(1, items.take<std::int64_t>());
    tag_snapshot.bind_text(2, join_tags(split_tags(items.take_sized()))).run();
    require_changed();
}

void Replay::Parts::renamed(Reader& items) {
    rename_source.bind(1, items.take<std::int64_t>());
    rename_source.bind_text(2, items.take_sized()).run();
    require_changed();
}

Replay::Replay(sqlite::Database& catalog) : catalog_(catalog) {
    catalog_.execute("CREATE TEMP TABLE base (id INTEGER PRIMARY KEY, hash BLOB NOT NULL)");
    parts_ = std::make_unique<Parts>(catalog);
}

Replay::~Replay() = default;

void Replay::begin() {
    if (has_savepoint_) catalog_.execute("RELEASE run_record");
    catalog_.execute("SAVEPOINT run_record");
    has_savepoint_ = true;
    is_checkpoint_ = false;
    parts_->snapshot = parts_->source = 0;
    parts_->forgotten.clear();
    parts_->all = {};
}

void Replay::add_rows(const RecordPlace& place, std::span<const std::byte> items) {
    if (chunks_++ == 0) begin();
    parts_->all.update(items);
    std::int64_t count = 0;
    replay(items, count);
    auto& insert = parts_->insert_record;
    insert.bind(1, place.pack).bind(2, static_cast<std::int64_t>(place.offset));
    insert.bind(3, static_cast<std::int64_t>(place.stored)).bind(4, count).run();
}

void Replay::replay(std::span<const std::byte> bytes, std::int64_t& count) {
    Reader items(bytes, "a run record");
    for (; !items.empty(); ++count) {
        switch (items.take<std::uint8_t>()) {
            case 1:
                parts_->run(items);
                break;
            case 2:
                parts_->content(items);
                break;
            case 3:
                parts_->opened(items);
                break;
            case 4:
                parts_->closed(items);
                break;
            case 5:
                parts_->refreshed(items);
                break;
            case 6:
                parts_->skip(items);
                break;
            case 7:
                parts_->forgotten.push_back(items.take<std::int64_t>());
                break;
            case 8:
                catalog_.execute(
                    "DELETE FROM main.entry; DELETE FROM main.content; DELETE FROM main.skipped; DELETE FROM "
                    "main.snapshot; DELETE FROM main.source; DELETE FROM main.record; DELETE FROM temp.base");
                highest_ = std::max(highest_, items.take<std::int64_t>());
                is_checkpoint_ = true;
                break;
            case 9:
                parts_->within(items);
                break;
            case 10:
                parts_->placed(items);
                break;
            case 11:
                parts_->tagged(items);
                break;
            case 12:
                parts_->renamed(items);
                break;
            default:
                throw impossible("something");
        }
    }
}

bool Replay::end(const RecordPlace& place, std::span<const std::byte> bytes) {
    if (chunks_ == 0) begin();  // a record that says nothing
    Reader reader(bytes, "the end of a run record");
    reader.take<std::int64_t>();
    const auto chunks = reader.take<std::uint64_t>();
    const auto digest = reader.take_bytes(sizeof(Digest));
    const auto all = parts_->all.finish();
    if (chunks != chunks_ || !std::ranges::equal(digest, all.bytes)) {
        drop_unfinished();
        return false;
    }
    auto& insert = parts_->insert_record;
    insert.bind(1, place.pack).bind(2, static_cast<std::int64_t>(place.offset));
    insert.bind(3, static_cast<std::int64_t>(place.stored)).bind(4, std::int64_t{0}).run();
    settle();
    was_checkpoint_ = is_checkpoint_;
    chunks_ = 0;
    return true;
}

void Replay::drop_unfinished() {
    if (chunks_ > 0) take_back();
    chunks_ = 0;
}

void Replay::take_back() {
    catalog_.execute("ROLLBACK TO run_record");
}

// What follows from the whole record.
void Replay::settle() {
    catalog_.execute(
        "UPDATE main.content SET base = (SELECT k.id FROM temp.base b JOIN main.content k ON k.hash = b.hash "
        "WHERE b.id = content.id) WHERE id IN (SELECT id FROM temp.base); DELETE FROM temp.base");
    if (parts_->forgotten.empty()) return;
    Removed ignored;
    list_forgotten(catalog_, parts_->forgotten);
    remove_forgotten(catalog_, ignored);
    catalog_.execute("DELETE FROM plan.forgotten; DELETE FROM plan.freed");
    drop_unneeded_contents();
}

// By the rule that is for each record. Those that an ordinary run leaves, as a content returned to latest/, are only
// bases of nothing: they can wait.
void Replay::drop_unneeded_contents() {
    do {
        catalog_.execute(
            "DELETE FROM main.content WHERE NOT EXISTS (SELECT 1 FROM main.entry WHERE entry.content = content.id) "
            "AND NOT EXISTS (SELECT 1 FROM main.content AS k WHERE k.base = content.id)");
    } while (catalog_.changes() > 0);
}

void Replay::finish() {
    drop_unfinished();
    if (has_savepoint_) catalog_.execute("RELEASE run_record");
    drop_unneeded_contents();
    catalog_.execute(
        fmt::format("UPDATE main.sqlite_sequence SET seq = max(seq, {0}) WHERE name = 'snapshot';"
                    "INSERT INTO main.sqlite_sequence (name, seq) SELECT 'snapshot', {0} WHERE {0} > 0 AND NOT EXISTS "
                    "(SELECT 1 FROM main.sqlite_sequence WHERE name = 'snapshot')",
                    highest_));
}

}  // namespace kist::repository
