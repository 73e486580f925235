#include "kist/repository/rebuild.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/range_reader.hpp"
#include "kist/os/file.hpp"

#include "repository/catalog_consistency.hpp"
#include "repository/catalog_file.hpp"
#include "repository/found.hpp"
#include "repository/latest_alignment.hpp"
#include "repository/layout.hpp"
#include "repository/pack_walk.hpp"
#include "repository/plan.hpp"
#include "repository/readme.hpp"
#include "repository/replay.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kLongestNotice = 4096;
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
        judge_last();
        if (!damaged_record_.empty())
            throw Error(ErrorCode::damaged, "the catalog cannot be made anew: " + damaged_record_,
                        "Nothing was changed. latest/ holds the newest backups as plain files; copy it and .kist "
                        "before you try "
                        "anything else.");
        replay_.finish();
        record_packs();
        set_tails_aside();
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
        sizes_.emplace_back(number, pack.size());
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

    // The notice at the root stands from before a run's record is written until the run is applied, or has failed and
    // its record is cut off. doc/decisions.md, "A catalog that was lost in the middle of a commit".
    void judge_last() {
        const bool has_loose_rows = replay_.is_within();
        replay_.drop_unfinished();
        const bool is_noticed = repository_.root().find_status(kPendingNotice).has_value();
        const bool is_untouched =
            is_noticed && (has_staged(kStagedIn) || has_staged(kRedo)) && !has_staged(kStagedOut) && !is_patching();
        if (has_loose_rows && !is_untouched) note_damage("the last run record has no end");
        if (committed_.empty() && has_backups()) note_damage("the packs hold no run record, but latest/ holds backups");
        if (has_loose_rows || committed_.empty() || !is_noticed || is_older_than_notice()) return;
        result_.was_applying = !is_untouched;
        if (!is_untouched) return;
        replay_.take_back();
        committed_ = ends_before_;
        result_.left_out_last = true;
    }

    // The last record is of a run before the one that the notice is of, which had none yet: so it is where the notice
    // is not whole. One of an early Kist, or of a first run, does not say where packs ended.
    bool is_older_than_notice() const {
        const auto text = os::read_small_file(repository_.path() + "/" + kPendingNotice, kLongestNotice);
        if (text == kPendingText) return false;
        const auto line = text.rfind("pack ");
        std::pair<std::int64_t, std::uint64_t> end;
        const bool is_whole =
            line != std::string::npos && text.ends_with(".\n") &&
            std::sscanf(text.c_str() + line, "pack %" SCNd64 ", at %" SCNu64, &end.first, &end.second) == 2;
        return !is_whole || committed_.back() <= end;
    }

    bool has_staged(const char* folder) const {
        const auto staging = repository_.control().find_directory(kStaging);
        const auto found = staging ? staging->find_directory(folder) : std::nullopt;
        return found && !found->entries().empty();
    }

    bool is_patching() const {
        const auto staging = repository_.control().find_directory(kStaging);
        return staging && staging->find_status(kPatching);
    }

    bool has_backups() const {
        const auto holds = [&](const char* name) {
            const auto folder = repository_.mirror().find_directory(name);
            return folder && !folder->entries().empty();
        };
        return holds("files") || holds("mail");
    }

    std::uint64_t committed_end(std::int64_t number) const {
        const auto found = std::ranges::find(committed_, number, &PackEnds::value_type::first);
        return found == committed_.end() ? 0 : found->second;
    }

    // The next writer cuts off what no record has committed. It may be what a damaged record told of.
    void set_tails_aside() {
        for (const auto& [number, size] : sizes_) {
            const auto name = pack_name(number);
            const auto end = committed_end(number);
            if (end == size) continue;
            const auto note = fmt::format("history/{} from {} on: committed by no run record that is left", name, end);
            const auto copy = create_in_found(repository_.control(), note);
            const auto pack = history_.open_file(name);
            std::uint64_t at = 0;
            delta::send_range(delta::read_file(pack.get(), name), end, size - end, [&](auto piece) {
                os::write_at(copy.get(), at, piece, "found");
                at += piece.size();
            });
        }
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
    PackEnds sizes_;        // of the files
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

void exchange_catalogs(const Repository& repository) {
    const auto& control = repository.control();
    if (control.find_status(kCatalogFile))
        move_to_found(control, control, kCatalogFile, "the catalog before it was made anew");
    for (const auto* suffix : kLogSuffixes) control.remove_tree(std::string(kCatalogFile) + suffix);
    os::sync_filesystem(control.fd(), repository.path());
    control.rename(kNewCatalog, control, kCatalogFile);
    for (const auto* suffix : kLogSuffixes) control.remove_tree(std::string(kNewCatalog) + suffix);
    os::sync_filesystem(control.fd(), repository.path());
}

void note_what_differs(const Repository& repository, RebuildResult& result) {
    auto differing = names_that_differ(repository);
    result.differing = differing.count;
    result.differing_paths = std::move(differing.paths);
}

// Of a run that will not be finished.
void clear_staging(const Repository& repository, const RebuildResult& result) {
    const auto& control = repository.control();
    if (result.was_applying && control.find_status(kStaging)) {
        move_to_found(control, control, kStaging,
                      "what a run had staged that was being applied when the catalog was lost");
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
        if (result.was_applying) bring_latest_in_line(repository);
        clear_staging(repository, result);
        if (result.was_applying)
            write_all_metadata_steps(repository);
        else
            note_what_differs(repository, result);
        return result;
    } catch (const Error&) {
        remove_with_logs(control, kNewCatalog);
        throw;
    }
}

}  // namespace kist::repository
