#pragma once
// A repository built by hand, row by row and file by file, for tests of what reads one: also states that no backup
// makes.

#include "kist/delta/content_hash.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/repository.hpp"

#include "repository/catalog_file.hpp"
#include "repository/entry_row.hpp"
#include "repository/mirror_path.hpp"
#include "repository/pack.hpp"
#include "temporary_directory.hpp"

#include <filesystem>
#include <string>

namespace kist::test {

class CatalogFixture {
  public:
    static constexpr const char* kHost = "host";

    CatalogFixture()
        : repository_(repository::Repository::create(root_.path(), {})),
          database_(repository::open_catalog_for_writing(repository_.catalog_path())) {
        database_.execute("PRAGMA synchronous = OFF");
    }

    const repository::Repository& repository() const { return repository_; }
    sqlite::Database& database() { return database_; }
    std::string operator/(const std::string& name) const { return root_ / name; }
    std::string mirror(const std::string& path) const { return root_ / ("latest/" + path); }

    repository::Source add_source(const std::string& path, const std::string& host = kHost,
                                  const std::string& name = "") {
        auto insert = database_.prepare("INSERT INTO source (host, path, name) VALUES (?, ?, ?)");
        insert.bind_text(1, host).bind_blob(2, path).bind_text(3, name).run();
        return {database_.last_insert_id(), host, path, name};
    }

    repository::Snapshot add_snapshot(const repository::Source& source, Timestamp time = {}) {
        auto insert = database_.prepare(
            "INSERT INTO snapshot (source, time, finished, files, entries, bytes, skipped) VALUES (?, ?, ?, 0, 0, 0, "
            "0)");
        insert.bind(1, source.id).bind(2, repository::nanoseconds(time)).bind(3, repository::nanoseconds(time)).run();
        repository::Snapshot snapshot;
        snapshot.number = database_.last_insert_id();
        snapshot.source = source.id;
        snapshot.time = snapshot.finished = time;
        return snapshot;
    }

    // A content that stands in latest/ (or nowhere, or where place_in_pack() and place_in_kept() put it).
    repository::ContentId add_content(std::string_view bytes) {
        const auto hash = delta::content_hash(os::as_bytes(bytes));
        auto insert = database_.prepare("INSERT INTO content (hash, size) VALUES (?, ?) ON CONFLICT DO NOTHING");
        insert.bind_blob(1, hash.bytes).bind(2, static_cast<std::int64_t>(bytes.size())).run();
        auto select = database_.prepare("SELECT id FROM content WHERE hash = ?");
        select.bind_blob(1, hash.bytes).step();
        return select.integer(0);
    }

    void place_in_pack(repository::ContentId content, std::string_view bytes) {
        repository::PackWriter writer(os::Directory::open(root_ / ".kist/history"), repository_.id(), next_pack_++,
                                      1U << 30U);
        const auto span = os::as_bytes(bytes);
        repository::Record record{
            repository::RecordKind::content, delta::content_hash(span), {}, {span.begin(), span.end()}};
        const auto place = writer.append(encode_record(record));
        auto pack = database_.prepare("INSERT OR REPLACE INTO pack (number, size) VALUES (?, ?)");
        pack.bind(1, place.pack).bind(2, static_cast<std::int64_t>(writer.written().back().second)).run();
        auto update = database_.prepare("UPDATE content SET place = 1, pack = ?, offset = ?, stored = ? WHERE id = ?");
        update.bind(1, place.pack).bind(2, static_cast<std::int64_t>(place.offset));
        update.bind(3, static_cast<std::int64_t>(place.stored)).bind(4, content).run();
    }

    void place_in_kept(repository::ContentId content, std::string_view bytes) {
        write_file(root_ / (".kist/history/kept/" + to_hex(delta::content_hash(os::as_bytes(bytes)))),
                   std::string(bytes));
        auto update = database_.prepare("UPDATE content SET place = 2 WHERE id = ?");
        update.bind(1, content).run();
    }

    repository::Entry add(repository::Entry entry) {
        const auto attributes = repository::encode_attributes(entry.metadata);
        auto insert = database_.prepare(repository::entry_insertion());
        repository::bind_entry(insert, entry, attributes);
        insert.run();
        entry.id = database_.last_insert_id();
        return entry;
    }

    // Of the caller's own user, with a time of its own.
    static repository::Entry entry(const repository::Source& source, repository::NodeId directory,
                                   const std::string& name, os::FileType type, std::uint32_t mode) {
        repository::Entry entry;
        entry.source = source.id;
        entry.directory = directory;
        entry.name = name;
        entry.first = 1;
        entry.metadata.type = type;
        entry.metadata.mode = mode;
        entry.metadata.uid = getuid();
        entry.metadata.gid = getgid();
        entry.metadata.mtime = Timestamp{std::chrono::nanoseconds{1500000000123456789}};
        return entry;
    }

    repository::Entry add_directory(const repository::Source& source, repository::NodeId directory,
                                    const std::string& name, repository::NodeId node, std::uint32_t mode = 0755) {
        auto row = entry(source, directory, name, os::FileType::directory, mode);
        row.node = node;
        return add(row);
    }

    repository::Entry add_root(const repository::Source& source, repository::NodeId node, std::uint32_t mode = 0755) {
        std::filesystem::create_directories(mirror(repository::mirror_root(source)));
        return add_directory(source, -source.id, source.path, node, mode);
    }

    static repository::Entry file_entry(const repository::Source& source, repository::NodeId directory,
                                        const std::string& name, repository::ContentId content, std::size_t size,
                                        std::uint32_t mode = 0644) {
        auto row = entry(source, directory, name, os::FileType::regular, mode);
        row.content = content;
        row.metadata.size = size;
        return row;
    }

    // A row and, where it is live, its plain file.
    repository::Entry add_file(const repository::Source& source, repository::NodeId directory, const std::string& name,
                               const std::string& bytes, std::uint32_t mode = 0644) {
        const auto row = add(file_entry(source, directory, name, add_content(bytes), bytes.size(), mode));
        const auto path = mirror(repository::LivePaths(database_).path(directory, name));
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        write_file(path, bytes);
        return row;
    }

    // What a commit says of the newest snapshots.
    void count_entries() {
        database_.execute(
            "UPDATE snapshot SET entries = (SELECT count(*) FROM entry WHERE entry.source = snapshot.source AND last "
            "IS "
            "NULL)");
    }

  private:
    TemporaryDirectory root_;
    repository::Repository repository_;
    sqlite::Database database_;
    std::int64_t next_pack_ = 1;
};

}  // namespace kist::test
