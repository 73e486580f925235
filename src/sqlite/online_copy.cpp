#include "kist/sqlite/online_copy.hpp"

#include "kist/base/error.hpp"

#include "sqlite/result_code.hpp"

#include <cstring>
#include <memory>

#include <sqlite3.h>

namespace kist::sqlite {
namespace {

constexpr int kPagesAtOnce = 256;
constexpr const char* kFilesName = "kist-folder";

// SQLite's own files, but by a path that begins with /proc/self/fd: it would follow that link, and with it all others
// that somebody plants meanwhile. So names stay as they are given, and no file is opened through a link.
class FolderFiles {
  public:
    static const char* name() {
        static const FolderFiles files;
        return kFilesName;
    }

  private:
    FolderFiles() : original_(sqlite3_vfs_find(nullptr)), files_(*original_) {
        files_.zName = kFilesName;
        files_.pNext = nullptr;
        files_.xFullPathname = keep_name;
        files_.xOpen = open;
        base = original_;
        sqlite3_vfs_register(&files_, 0);
    }

    static int keep_name(sqlite3_vfs* /*files*/, const char* name, int size, char* out) noexcept {
        if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
        std::memcpy(out, name, std::strlen(name) + 1);
        return SQLITE_OK;
    }

    static int open(sqlite3_vfs* /*files*/, sqlite3_filename name, sqlite3_file* file, int flags,
                    int* given_flags) noexcept {
        return base->xOpen(base, name, file, flags | SQLITE_OPEN_NOFOLLOW, given_flags);
    }

    static inline sqlite3_vfs* base = nullptr;
    sqlite3_vfs* original_;
    sqlite3_vfs files_;
};

struct Close {
    void operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }
    void operator()(sqlite3_backup* backup) const noexcept { sqlite3_backup_finish(backup); }
};
using Connection = std::unique_ptr<sqlite3, Close>;
using Backup = std::unique_ptr<sqlite3_backup, Close>;

Connection open(const std::string& path, int flags, const char* files) {
    sqlite3* connection = nullptr;
    const int result =
        sqlite3_open_v2(path.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, files);
    Connection owned(connection);
    if (result != SQLITE_OK) throw_for(connection, result);
    return owned;
}

void execute(const Connection& connection, const char* sql) {
    const int result = sqlite3_exec(connection.get(), sql, nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) throw_for(connection.get(), result);
}

}  // namespace

void copy_online(const OnlineCopy& copy) {
    const auto source = open("/proc/self/fd/" + std::to_string(copy.folder) + "/" + copy.name, SQLITE_OPEN_READONLY,
                             FolderFiles::name());
    const auto target = open(copy.target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    sqlite3_busy_timeout(source.get(), static_cast<int>(copy.patience.count()));
    // What it holds cannot make this program do anything: its schema is not even read.
    sqlite3_db_config(source.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    // One transaction for the whole, or a busy writer would make the copy begin again and again.
    execute(source, "BEGIN; PRAGMA user_version");
    // What is being made is of no use before it is complete: nothing has to be safe in between.
    execute(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    Backup backup(sqlite3_backup_init(target.get(), "main", source.get(), "main"));
    if (!backup) throw_for(target.get(), sqlite3_errcode(target.get()));
    for (int step = SQLITE_OK; step != SQLITE_DONE;) {
        copy.on_progress();
        step = sqlite3_backup_step(backup.get(), kPagesAtOnce);
        if (step != SQLITE_OK && step != SQLITE_DONE) throw_for(nullptr, step);
    }
    const int result = sqlite3_backup_finish(backup.release());
    if (result != SQLITE_OK) throw_for(target.get(), result);
}

}  // namespace kist::sqlite
