#include "repository/catalog_file.hpp"

#include "kist/base/error.hpp"

#include "repository/schema.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace kist::repository {
namespace {

constexpr int kApplicationId = 0x4b495354;  // "KIST"

std::int64_t pragma(sqlite::Database& database, const char* name) {
    auto statement = database.prepare(fmt::format("PRAGMA {}", name));
    return statement.step() ? statement.integer(0) : 0;
}

bool is_on_read_only_mount(const std::string& path) {
    struct statvfs status {};
    return statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

sqlite::Database open(const std::string& path, sqlite::OpenMode mode) {
    auto database = sqlite::Database::open(path, mode);
    // A commit is durable before anything is done because of it; a foreign -wal that is huge is not kept.
    database.execute(
        "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA temp_store = "
        "MEMORY;"
        "PRAGMA journal_size_limit = 4194304; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON");
    if (pragma(database, "application_id") != kApplicationId)
        throw Error(ErrorCode::damaged, path + " is no catalog of Kist");
    const auto version = pragma(database, "user_version");
    if (version > kMailCatalogVersion)
        throw Error(ErrorCode::failed, fmt::format("{} was written by a newer Kist (format {})", path, version),
                    "Use that version, or a newer one.");
    if (version < kCatalogVersion)
        throw Error(
            ErrorCode::failed,
            fmt::format("{} was written by an early Kist (format {}), which this one does not read", path, version),
            "latest/ holds the newest backups as plain files. Prepare a new volume.");
    return database;
}

}  // namespace

void create_catalog(const std::string& path) {
    auto database = sqlite::Database::open(path, sqlite::OpenMode::create);
    database.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    sqlite::Transaction transaction(database);
    database.execute(kCatalogSchema);
    database.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kCatalogVersion));
    transaction.commit();
}

void note_mailbox(sqlite::Database& catalog) {
    catalog.execute(fmt::format("PRAGMA main.user_version = {}", kMailCatalogVersion));
}

sqlite::Database open_catalog_for_writing(const std::string& path) {
    return open(path, sqlite::OpenMode::read_write);
}

// The last connection to close removes the -wal; one that was opened read-only would leave it. On a volume that is
// mounted read-only SQLite cannot make the -shm that it shares with other processes: without a -wal it does not need
// one.
sqlite::Database open_catalog_for_reading(const std::string& path) {
    if (is_on_read_only_mount(path)) {
        if (access((path + "-wal").c_str(), F_OK) == 0)
            throw Error(ErrorCode::failed, "the catalog was left in use by a crash and cannot be read as it is",
                        "Open the volume once without --read-only: that brings it in order.");
        return open(path, sqlite::OpenMode::immutable);
    }
    auto database = open(path, sqlite::OpenMode::read_write);
    database.execute("PRAGMA query_only = ON");
    return database;
}

}  // namespace kist::repository
