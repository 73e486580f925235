#include "repository/leftovers.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "repository/entry_row.hpp"
#include "repository/layout.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::chrono::seconds kInterval{5};
constexpr std::uint64_t kBytes = 64U << 20U;

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS run (number INTEGER PRIMARY KEY, host TEXT NOT NULL, path BLOB NOT NULL, "
    "folder INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS staged (device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, "
    "mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, birth INTEGER, hash BLOB NOT NULL, run INTEGER NOT NULL, "
    "path BLOB NOT NULL, object INTEGER NOT NULL, PRIMARY KEY (device, inode)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS staged_by_path ON staged (run, path);";

std::string list_path(const Repository& repository) {
    return fmt::format("{}/{}/{}/{}", repository.path(), kControl, kStaging, kResumeFile);
}

std::int64_t as_signed(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

constexpr const char* kFindStaged =
    "SELECT hash, folder, staged.path, object, size, mtime FROM staged JOIN run ON run = number "
    "WHERE device = ?1 AND inode = ?2 AND birth IS ?3 AND host = ?4";

void bind_identity(sqlite::Statement& find, const os::FileStatus& source, const std::string& host) {
    find.bind(1, as_signed(source.device)).bind(2, as_signed(source.inode));
    find.bind(3, source.birth_time ? std::optional(nanoseconds(*source.birth_time)) : std::nullopt).bind_text(4, host);
}

bool is_listed(const StagedChange& staged) {
    return staged.outcome == Outcome::stored && staged.metadata.type == os::FileType::regular && staged.staged &&
           staged.mirror_inode != 0 && !staged.identity.unsettled;
}

os::FileStatus source_of(const StagedChange& staged) {
    os::FileStatus source;
    source.device = staged.identity.device;
    source.inode = staged.identity.inode;
    source.size = staged.metadata.size;
    source.mtime = staged.metadata.mtime;
    source.ctime = staged.identity.ctime;
    source.birth_time = staged.identity.birth_time;
    return source;
}

// The highest number of its kind, of all runs that are listed; 0: there are none.
std::int64_t highest(sqlite::Database& list, const char* column) {
    auto found = list.prepare(fmt::format("SELECT coalesce(max({}), 0) FROM run", column));
    found.step();
    return found.integer(0);
}

// Where staging/in will go, if a run has listed anything of it.
std::optional<std::int64_t> folder_of_staged(sqlite::Database& list, const os::Directory& staging) {
    const auto folder = highest(list, "folder");
    const auto before = staging.find_directory(kStagedBefore);
    if (folder == 0 || (before && before->find_status(std::to_string(folder)))) return std::nullopt;
    return folder;
}

void sweep_folder(const os::Directory& folder, const std::string& path,
                  const std::function<bool(const std::string&)>& is_needed) {
    for (const auto& entry : folder.entries()) {
        const auto below = path + entry.name;
        if (folder.status(entry.name).type == os::FileType::directory)
            sweep_folder(folder.open_directory(entry.name), below + "/", is_needed);
        else if (!is_needed(below))
            folder.remove_file(entry.name);
    }
}

void remove_all(const os::Directory& staging) {
    for (const auto& entry : staging.entries()) staging.remove_tree(entry.name);
}

}  // namespace

Leftovers::Leftovers(const Repository& repository, const os::Directory& staging, const Source& source)
    : staging_(staging), source_(source), path_(list_path(repository)), listed_(std::chrono::steady_clock::now()) {
    if (staging_.find_status(kResumeFile)) open(sqlite::OpenMode::read_write);
}

// What was staged but not listed when a run was killed only takes space.
void Leftovers::sweep(const Repository& repository, const os::Directory& staging) {
    const auto before = staging.find_directory(kStagedBefore);
    if (!before) return;
    try {
        auto list = sqlite::Database::open(list_path(repository), sqlite::OpenMode::read_write);
        auto find = list.prepare("SELECT 1 FROM staged JOIN run ON run = number WHERE folder = ? AND staged.path = ?");
        auto find_run = list.prepare("SELECT 1 FROM run WHERE folder = ?");
        for (const auto& entry : before->entries()) {
            const auto folder = std::strtoll(entry.name.c_str(), nullptr, 10);
            const bool is_needed = find_run.bind(1, folder).step();
            find_run.reset();
            if (!is_needed) {
                before->remove_tree(entry.name);
                continue;
            }
            sweep_folder(before->open_directory(entry.name), "", [&](const std::string& path) {
                const bool is_listed = find.bind(1, folder).bind_blob(2, path).step();
                find.reset();
                return is_listed;
            });
        }
    } catch (const Error&) {
        remove_all(staging);
        staging.create_directory(kStagedOut);
    }
}

void Leftovers::open(sqlite::OpenMode mode) {
    try {
        database_ = sqlite::Database::open(path_, mode);
        database_->execute("PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA cache_size = -4096");
        database_->execute(kSchema);
    } catch (const Error&) {
        database_.reset();
        has_failed_ = true;
    }
}

std::optional<Digest> Leftovers::take(const os::FileStatus& source, const os::Directory& to, const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (!database_) return std::nullopt;
    try {
        auto find = database_->prepare(fmt::format("{} AND size = ?5 AND mtime = ?6 AND ctime = ?7", kFindStaged));
        bind_identity(find, source, source_.host);
        find.bind(5, as_signed(source.size)).bind(6, nanoseconds(source.mtime)).bind(7, nanoseconds(source.ctime));
        const auto found = link_found(find, to, name);
        return found ? std::optional(found->content) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::optional<TakenOver> Leftovers::take_unchanging(const os::FileStatus& source, const os::Directory& to,
                                                    const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (!database_) return std::nullopt;
    try {
        auto find = database_->prepare(kFindStaged);
        bind_identity(find, source, source_.host);
        return link_found(find, to, name);
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::optional<TakenOver> Leftovers::link_found(sqlite::Statement& row, const os::Directory& to,
                                               const std::string& name) {
    TakenOver found;
    if (!row.step() || row.blob(0).size() != found.content.bytes.size()) return std::nullopt;
    std::ranges::copy(row.blob(0), found.content.bytes.begin());
    found.size = static_cast<std::uint64_t>(row.integer(4));
    found.mtime = timestamp(row.integer(5));
    const auto path = fmt::format("{}/{}/{}", kStagedBefore, row.integer(1), row.text(2));
    const auto slash = path.rfind('/');
    const auto folder = staging_.find_below(std::string_view(path).substr(0, slash));
    const auto object = folder ? folder->find_status(path.substr(slash + 1)) : std::nullopt;
    if (!object || object->type != os::FileType::regular || object->size != found.size ||
        object->mtime != found.mtime || as_signed(object->inode) != row.integer(3))
        return std::nullopt;
    to.create_link(name, *folder, path.substr(slash + 1));
    return found;
}

bool Leftovers::is_due() const {
    return !has_failed_ && !pending_.empty() &&
           (pending_bytes_ >= kBytes || std::chrono::steady_clock::now() - listed_ >= kInterval);
}

void Leftovers::note(const std::vector<StagedChange>& staged) {
    {
        const std::lock_guard lock(mutex_);
        for (const auto& change : staged) {
            if (!is_listed(change)) continue;
            pending_.push_back({source_of(change), change.content, *change.staged, change.mirror_inode});
            pending_bytes_ += change.metadata.size;
        }
        if (!is_due()) return;
    }
    const std::unique_lock listing(listing_, std::try_to_lock);
    if (listing) list_pending();  // else another thread is at it
}

void Leftovers::keep() {
    const std::lock_guard listing(listing_);
    list_pending();
}

void Leftovers::list_pending() {
    std::vector<Row> rows;
    {
        const std::lock_guard lock(mutex_);
        rows = std::exchange(pending_, {});
        pending_bytes_ = 0;
    }
    if (rows.empty()) return;
    try {
        os::sync_filesystem(staging_.fd(), path_);
        const std::lock_guard lock(mutex_);
        if (!database_) open(sqlite::OpenMode::create);
        if (database_) write(rows);
        listed_ = std::chrono::steady_clock::now();
    } catch (const Error&) {
        const std::lock_guard lock(mutex_);
        has_failed_ = true;
    }
}

void Leftovers::begin_run() {
    const auto number = highest(*database_, "number") + 1;
    const auto folder = folder_of_staged(*database_, staging_).value_or(highest(*database_, "folder") + 1);
    auto insert = database_->prepare("INSERT INTO run VALUES (?, ?, ?, ?)");
    insert.bind(1, number).bind_text(2, source_.host).bind_blob(3, source_.path).bind(4, folder).run();
    run_ = number;
}

void Leftovers::write(const std::vector<Row>& rows) {
    sqlite::Transaction transaction(*database_);
    if (!run_) begin_run();
    auto insert = database_->prepare("INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& [source, hash, path, object] : rows) {
        insert.bind(1, as_signed(source.device)).bind(2, as_signed(source.inode)).bind(3, as_signed(source.size));
        insert.bind(4, nanoseconds(source.mtime)).bind(5, nanoseconds(source.ctime));
        insert.bind(6, source.birth_time ? std::optional(nanoseconds(*source.birth_time)) : std::nullopt);
        insert.bind_blob(7, hash.bytes).bind(8, *run_).bind_blob(9, path).bind(10, as_signed(object)).run();
    }
    transaction.commit();
}

InterruptedRun Leftovers::kept() {
    const std::lock_guard lock(mutex_);
    InterruptedRun kept{source_.host, source_.path, 0, {}};
    if (!database_) return kept;
    try {
        auto totals = database_->prepare(
            "SELECT count(*), coalesce(sum(size), 0) FROM staged WHERE run IN (SELECT number FROM run WHERE host = ? "
            "AND path = ?)");
        totals.bind_text(1, source_.host).bind_blob(2, source_.path).step();
        kept.files = static_cast<std::uint64_t>(totals.integer(0));
        kept.bytes = ByteCount{static_cast<std::uint64_t>(totals.integer(1))};
    } catch (const Error&) {
        return kept;
    }
    return kept;
}

void Leftovers::discard() {
    const std::lock_guard lock(mutex_);
    if (!database_ && staging_.find_status(kResumeFile)) open(sqlite::OpenMode::read_write);
    if (!database_) return;
    try {
        sqlite::Transaction transaction(*database_);
        const auto remove = [&](const char* sql) {
            auto rows = database_->prepare(sql);
            rows.bind_text(1, source_.host).bind_blob(2, source_.path).run();
        };
        std::vector<std::int64_t> folders;  // that no other source's runs use
        auto rows =
            database_->prepare("SELECT folder FROM run GROUP BY folder HAVING sum(host = ?1 AND path = ?2) = count(*)");
        rows.bind_text(1, source_.host).bind_blob(2, source_.path);
        while (rows.step()) folders.push_back(rows.integer(0));
        rows.reset();
        remove("DELETE FROM staged WHERE run IN (SELECT number FROM run WHERE host = ?1 AND path = ?2)");
        remove("DELETE FROM run WHERE host = ?1 AND path = ?2");
        transaction.commit();
        for (const auto folder : folders) staging_.remove_tree(fmt::format("{}/{}", kStagedBefore, folder));
    } catch (const Error&) {
        has_failed_ = true;
    }
    database_.reset();
}

void Leftovers::put_aside(const Repository& repository, const os::Directory& staging) {
    try {
        if (!staging.find_status(kResumeFile)) return remove_all(staging);
        auto list = sqlite::Database::open(list_path(repository), sqlite::OpenMode::read_write);
        if (highest(list, "number") == 0) return remove_all(staging);
        const auto folder = folder_of_staged(list, staging);
        if (folder && staging.find_status(kStagedIn))
            staging.rename(kStagedIn, staging.ensure_directory(kStagedBefore), std::to_string(*folder));
        for (const auto& entry : staging.entries())
            if (entry.name != kStagedBefore && !entry.name.starts_with(kResumeFile)) staging.remove_tree(entry.name);
    } catch (const Error&) {
        remove_all(staging);
    }
}

std::vector<InterruptedRun> Leftovers::list(const Repository& repository) {
    std::vector<InterruptedRun> found;
    try {
        const auto staging = repository.control().find_directory(kStaging);
        if (!staging || !staging->find_status(kResumeFile)) return found;
        auto list = sqlite::Database::open(list_path(repository), sqlite::OpenMode::read_only);
        auto rows = list.prepare(
            "SELECT r.host, r.path, count(*), sum(s.size) FROM run r JOIN staged s ON s.run = r.number GROUP BY 1, 2");
        while (rows.step())
            found.push_back({std::string(rows.text(0)), std::string(rows.text(1)),
                             static_cast<std::uint64_t>(rows.integer(2)),
                             ByteCount{static_cast<std::uint64_t>(rows.integer(3))}});
    } catch (const Error&) {
        return {};
    }
    return found;
}

}  // namespace kist::repository
