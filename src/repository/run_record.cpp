#include "repository/run_record.hpp"

#include "kist/crypto/sha256.hpp"

#include "repository/byte_order.hpp"
#include "repository/departure.hpp"
#include "repository/entry_row.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kChunk = 1U << 20U;

enum class Item : std::uint8_t { run = 1, content = 2, opened = 3, closed = 4, refreshed = 5, skipped = 6 };

void put_optional(std::vector<std::byte>& out, std::optional<std::int64_t> value) {
    put(out, std::uint8_t{value.has_value()});
    put(out, value.value_or(0));
}

// Collects items and appends them in records of about a MiB each.
class RecordStream {
  public:
    explicit RecordStream(PackWriter& pack) : pack_(pack) {}

    std::vector<std::byte>& item(Item kind) {
        if (chunk_.size() >= kChunk) flush();
        put(chunk_, kind);
        return chunk_;
    }

    void end(SnapshotNumber number) {
        flush();
        std::vector<std::byte> end;
        put(end, number);
        put(end, chunks_);
        put_bytes(end, all_.finish().bytes);
        pack_.append(encode_record({RecordKind::run_end, {}, {}, std::move(end)}));
    }

  private:
    void flush() {
        if (chunk_.empty()) return;
        all_.update(chunk_);
        pack_.append(encode_record({RecordKind::rows, {}, {}, chunk_}));
        chunk_.clear();
        ++chunks_;
    }

    PackWriter& pack_;
    std::vector<std::byte> chunk_;
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
    put_sized(out, encode_attributes(metadata.attributes));
    put(out, identity.device);
    put(out, identity.inode);
    put(out, nanoseconds(identity.ctime));
    put_optional(out, identity.birth_time ? std::optional(nanoseconds(*identity.birth_time)) : std::nullopt);
    put(out, std::uint8_t{identity.unsettled});
    put(out, entry.mirror_inode);
}

void put_contents(sqlite::Database& catalog, ContentId last_old, RecordStream& stream) {
    auto contents = catalog.prepare(
        "SELECT id, hash, size, place, pack, offset, stored FROM main.content WHERE id > ?1 "
        "UNION ALL SELECT k.id, k.hash, k.size, k.place, k.pack, k.offset, k.stored FROM main.content k WHERE k.id <= "
        "?1 "
        "AND k.id IN (SELECT content FROM plan.leaving UNION SELECT content FROM plan.returned)");
    contents.bind(1, last_old);
    while (contents.step()) {
        auto& out = stream.item(Item::content);
        put(out, contents.integer(0));
        put_bytes(out, contents.blob(1));
        put(out, contents.integer(2));
        put(out, static_cast<std::uint8_t>(contents.integer(3)));
        put_optional(out, contents.optional_integer(4));
        put_optional(out, contents.optional_integer(5));
        put_optional(out, contents.optional_integer(6));
        put_bytes(out, Digest{}.bytes);  // a delta's base
    }
}

void put_opened(sqlite::Database& catalog, EntryId last_old, RecordStream& stream) {
    auto opened = catalog.prepare(fmt::format("SELECT {} FROM main.entry WHERE id > ?", kEntryColumns));
    opened.bind(1, last_old);
    while (opened.step()) put_entry(stream.item(Item::opened), read_entry(opened));
}

void put_closed(sqlite::Database& catalog, RecordStream& stream) {
    auto closed = catalog.prepare(fmt::format(
        "SELECT e.id, e.last FROM plan.change c JOIN main.entry e ON e.id = c.known WHERE {}", kClosesKnown));
    while (closed.step()) {
        auto& out = stream.item(Item::closed);
        put(out, closed.integer(0));
        put(out, closed.integer(1));
    }
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

void put_skipped(sqlite::Database& catalog, RecordStream& stream) {
    auto skipped = catalog.prepare("SELECT path, reason FROM plan.skipped");
    while (skipped.step()) {
        auto& out = stream.item(Item::skipped);
        put_sized(out, skipped.text(0));
        put_sized(out, skipped.text(1));
    }
}

}  // namespace

void write_run_record(sqlite::Database& catalog, const Source& source, const Snapshot& snapshot, RunRecordRange range,
                      PackWriter& pack) {
    RecordStream stream(pack);
    put_run(stream.item(Item::run), source, snapshot);
    put_contents(catalog, range.last_old_content, stream);
    put_opened(catalog, range.last_old_entry, stream);
    put_closed(catalog, stream);
    put_refreshed(catalog, stream);
    put_skipped(catalog, stream);
    stream.end(snapshot.number);
}

}  // namespace kist::repository
