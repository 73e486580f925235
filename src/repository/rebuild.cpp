#include "kist/repository/rebuild.hpp"

#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/delta/range_reader.hpp"
#include "kist/os/file.hpp"

#include "repository/catalog_consistency.hpp"
#include "repository/catalog_file.hpp"
#include "repository/layout.hpp"
#include "repository/mirror_path.hpp"
#include "repository/pack_walk.hpp"
#include "repository/plan.hpp"
#include "repository/replay.hpp"
#include "repository/steps.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr const char* kNewCatalog = "catalog.sqlite.new";
constexpr std::array kLogSuffixes{"-wal", "-shm", "-journal"};

using PackEnds = std::vector<std::pair<std::int64_t, std::uint64_t>>;

std::uint64_t count(sqlite::Database& catalog, const char* table) {
    auto rows = catalog.prepare(fmt::format("SELECT count(*) FROM main.{}", table));
    rows.step();
    return static_cast<std::uint64_t>(rows.integer(0));
}

class Rebuilder {
  public:
    Rebuilder(const Repository& repository, sqlite::Database& catalog)
        : repository_(repository),
          catalog_(catalog),
          history_(repository.control().open_directory(kHistory)),
          replay_(catalog) {}

    RebuildResult rebuild() {
        for (const auto number : list_packs(history_)) walk(number);
        const bool ended_in_a_record = replay_.is_within();
        replay_.drop_unfinished();
        if (!damaged_record_.empty())
            throw Error(
                ErrorCode::damaged, "the catalog cannot be made anew: " + damaged_record_,
                "latest/ holds the newest backups as plain files; history/kept and the packs are left as they are.");
        if (!ended_in_a_record) judge_last();
        replay_.finish();
        record_packs();
        return std::move(result_);
    }

  private:
    void walk(std::int64_t number) {
        PackWalk pack(history_, number, repository_.id());
        ends_.emplace_back(number, kPackHeaderSize);
        while (const auto record = pack.next()) {
            ends_.back().second = record->end();
            const RecordPlace place{number, record->offset, record->head.stored()};
            try {
                if (record->head.kind == RecordKind::rows) replay_.add_rows(place, pack.plain(*record));
                if (record->head.kind == RecordKind::run_end) end(place, pack.plain(*record));
            } catch (const Error& error) {
                if (error.code() != ErrorCode::damaged) throw;
                note_damage(error.message());
            }
        }
        for (const auto offset : pack.broken())
            result_.troubles.push_back(fmt::format("{} holds no record at {}", pack_name(number), offset));
    }

    void end(const RecordPlace& place, std::span<const std::byte> bytes) {
        if (!replay_.end(place, bytes))
            return note_damage(
                fmt::format("a run record that ends in {} at {} is damaged", pack_name(place.pack), place.offset));
        if (replay_.was_checkpoint()) damaged_record_.clear();  // all that was before is void
        ends_before_ = std::exchange(committed_, ends_);
    }

    void note_damage(const std::string& text) {
        replay_.drop_unfinished();
        if (damaged_record_.empty()) damaged_record_ = text;
    }

    // The notice at the root stands from before a run's record is written until the run is applied.
    void judge_last() {
        if (!repository_.root().find_status(kPendingNotice) || committed_.empty()) return;
        const auto staging = repository_.control().find_directory(kStaging);
        const auto has = [&](const char* folder) {
            const auto found = staging ? staging->find_directory(folder) : std::nullopt;
            return found && !found->entries().empty();
        };
        if (has(kStagedOut) || !has(kStagedIn)) {
            result_.was_applying = true;
            return;
        }
        replay_.take_back();
        committed_ = ends_before_;
        result_.left_out_last = true;
    }

    void record_packs() {
        auto insert = catalog_.prepare("INSERT OR REPLACE INTO main.pack (number, size, reclaim) VALUES (?, ?, 1)");
        for (const auto& [number, end] : committed_)
            insert.bind(1, number).bind(2, static_cast<std::int64_t>(end)).run();
    }

    const Repository& repository_;
    sqlite::Database& catalog_;
    os::Directory history_;
    Replay replay_;
    PackEnds ends_;         // as far as the packs have been read
    PackEnds committed_;    // by the last record that ended
    PackEnds ends_before_;  // by the one before
    std::string damaged_record_;
    RebuildResult result_;
};

std::string new_path(const Repository& repository) {
    return fmt::format("{}/{}/{}", repository.path(), kControl, kNewCatalog);
}

void remove_with_logs(const os::Directory& control, const std::string& name) {
    control.remove_tree(name);
    for (const auto* suffix : kLogSuffixes) control.remove_tree(name + suffix);
}

RebuildResult build(const Repository& repository) {
    create_catalog(new_path(repository));
    auto catalog = attach_plan(open_catalog_for_writing(new_path(repository)), ":memory:");
    auto result = Rebuilder(repository, catalog).rebuild();
    catalog.execute("COMMIT; DETACH plan");
    result.snapshots = count(catalog, "snapshot");
    result.entries = count(catalog, "entry");
    result.contents = count(catalog, "content");
    const auto wrong = find_inconsistencies(catalog);
    if (!wrong.empty())
        throw Error(ErrorCode::damaged,
                    "the catalog cannot be made anew: the run records do not fit together: " + wrong.front());
    catalog.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL");
    return result;
}

std::string found_name(const os::Directory& found, const std::string& what) {
    const auto id = to_string(random_uuid());
    const auto note = found.open_file_for_writing(id + ".txt", os::Create::exclusive);
    os::write_all(note.get(), os::as_bytes(what + "\n"), id);
    return id;
}

void exchange_catalogs(const Repository& repository) {
    const auto& control = repository.control();
    const auto found = control.ensure_directory(kFound);
    if (control.find_status(kCatalogFile))
        control.rename(kCatalogFile, found, found_name(found, "the catalog before it was made anew"));
    for (const auto* suffix : kLogSuffixes) control.remove_tree(std::string(kCatalogFile) + suffix);
    os::sync_filesystem(control.fd(), repository.path());
    control.rename(kNewCatalog, control, kCatalogFile);
    for (const auto* suffix : kLogSuffixes) control.remove_tree(std::string(kNewCatalog) + suffix);
    os::sync_filesystem(control.fd(), repository.path());
}

// Large old files that were still to be moved to history/kept: their hashes by size. Inodes would not tell them on a
// volume that was copied.
using Unkept = std::unordered_multimap<std::uint64_t, Digest>;

Unkept list_unkept(const os::Directory& kept, const std::string& catalog_path) {
    auto catalog = open_catalog_for_reading(catalog_path);
    auto rows = catalog.prepare("SELECT size, hash FROM content WHERE place = 2");
    Unkept unkept;
    while (rows.step()) {
        Digest hash;
        std::ranges::copy(rows.blob(1), hash.bytes.begin());
        if (!kept.find_status(to_hex(hash))) unkept.emplace(static_cast<std::uint64_t>(rows.integer(0)), hash);
    }
    return unkept;
}

std::optional<Digest> hash_of(const os::Directory& folder, const std::string& name, std::uint64_t size) {
    const auto file = folder.open_file(name);
    delta::ContentHasher hasher;
    try {
        delta::send_range(delta::read_file(file.get(), name), 0, size, [&](auto piece) { hasher.update(piece); });
    } catch (const Error&) {
        return std::nullopt;  // `check` will find what is missing then
    }
    return hasher.finish();
}

void keep_below(const os::Directory& folder, Unkept& unkept, const os::Directory& kept) {
    for (const auto& entry : folder.entries()) {
        const auto status = folder.status(entry.name);
        if (status.type == os::FileType::directory) {
            keep_below(folder.open_directory(entry.name), unkept, kept);
            continue;
        }
        if (status.type != os::FileType::regular || !unkept.contains(status.size)) continue;
        const auto hash = hash_of(folder, entry.name, status.size);
        const auto [begin, end] = unkept.equal_range(status.size);
        const auto found = std::find_if(begin, end, [&](const auto& wanted) { return wanted.second == hash; });
        if (found == end) continue;
        folder.rename(entry.name, kept, to_hex(found->second));
        unkept.erase(found);
    }
}

void finish_keeping(const Repository& repository) {
    const auto kept = repository.control().open_directory(kHistory).ensure_directory(kKept);
    auto unkept = list_unkept(kept, repository.catalog_path());
    if (unkept.empty()) return;
    keep_below(repository.mirror(), unkept, kept);
    if (const auto staging = repository.control().find_directory(kStaging)) keep_below(*staging, unkept, kept);
}

// Names in latest/ that the catalog does not know: the run that was being applied had not taken them away yet.
class StrangerFinder {
  public:
    explicit StrangerFinder(const Repository& repository) : repository_(repository) {
        auto catalog = repository.open_catalog();
        catalog.each_live_entry([&](LiveEntry&& live) { known_.insert(std::move(live.mirror_path)); });
        for (const auto& source : catalog.sources()) {
            const auto root = mirror_root(source);
            for (auto slash = root.find('/'); slash != std::string::npos; slash = root.find('/', slash + 1))
                known_.insert(root.substr(0, slash));
        }
    }

    void set_aside() { set_aside_below(repository_.mirror(), ""); }

  private:
    void set_aside_below(const os::Directory& folder, const std::string& path) {
        for (const auto& entry : folder.entries()) {
            const auto below = path + entry.name;
            if (!known_.contains(below)) {
                const auto found = repository_.control().ensure_directory(kFound);
                folder.rename(entry.name, found, found_name(found, "no backup's: latest/" + below));
            } else if (folder.status(entry.name).type == os::FileType::directory) {
                set_aside_below(folder.open_directory(entry.name), below + "/");
            }
        }
    }

    const Repository& repository_;
    std::unordered_set<std::string> known_;
};

// Every name gets the metadata that the catalog has, when steps are carried out.
void write_all_metadata_steps(const Repository& repository) {
    auto reading = repository.open_catalog();
    auto catalog = open_catalog_for_writing(repository.catalog_path());
    sqlite::Transaction transaction(catalog);
    auto insert = catalog.prepare("INSERT INTO step (phase, depth, kind, path, entry) VALUES (4, ?, ?, ?, ?)");
    reading.each_live_entry([&](LiveEntry&& live) {
        insert.bind(1, std::int64_t{std::ranges::count(live.mirror_path, '/')});
        insert.bind(2, static_cast<std::int64_t>(StepKind::metadata)).bind_blob(3, live.mirror_path);
        insert.bind(4, live.entry.id).run();
    });
    transaction.commit();
}

// Of a run that will not be finished.
void clear_staging(const Repository& repository, const RebuildResult& result) {
    const auto& control = repository.control();
    if (result.was_applying && control.find_status(kStaging)) {
        const auto found = control.ensure_directory(kFound);
        control.rename(kStaging, found,
                       found_name(found, "what a run had staged that was being applied when the catalog was lost"));
        control.create_directory(kStaging, 0700);
    }
    repository.root().remove_tree(kPendingNotice);
}

}  // namespace

RebuildResult rebuild_catalog(const Repository& repository) {
    const auto lock = repository.lock_for_writing();
    const auto& control = repository.control();
    remove_with_logs(control, kNewCatalog);
    try {
        auto result = build(repository);
        exchange_catalogs(repository);
        if (result.was_applying) {
            finish_keeping(repository);
            StrangerFinder(repository).set_aside();
        }
        clear_staging(repository, result);
        if (result.was_applying) write_all_metadata_steps(repository);
        return result;
    } catch (const Error&) {
        remove_with_logs(control, kNewCatalog);
        throw;
    }
}

}  // namespace kist::repository
