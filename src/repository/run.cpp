// A run, and why nothing that was committed can be lost at any instant:
//
//  1. The plan and everything staged lie in .kist/staging. Until the commit nothing else on the volume changes but the
//     uncommitted end of a pack, which the next run cuts off.
//  2. Old contents that will have no plain file any more get their history record now (small ones), or will be moved to
//     history/kept by a step (large ones).
//  3. One syncfs makes all of that durable.
//  4. One SQLite transaction, synced, closes and opens rows, adds the snapshot and writes the steps: the only commit
//  point.
//  5. apply() carries out the steps. A crash from here on is repaired by the next process that opens the repository.
#include "kist/repository/run.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "repository/apply.hpp"
#include "repository/catalog_file.hpp"
#include "repository/commit.hpp"
#include "repository/departure.hpp"
#include "repository/difference_stager.hpp"
#include "repository/layout.hpp"
#include "repository/leftovers.hpp"
#include "repository/pack_rows.hpp"
#include "repository/plan.hpp"
#include "repository/reclaim.hpp"
#include "repository/reserve.hpp"
#include "repository/writing_session.hpp"

namespace kist::repository {
namespace {

constexpr NodeId kBitsPerWord = 64;

os::Directory prepare_staging(const Repository& repository) {
    auto catalog = open_catalog_for_writing(repository.catalog_path());
    finish_interrupted(repository, catalog);
    return empty_staging(repository);
}

bool is_below(const std::string& path, const std::string& above) {
    return above == "/" || (path.starts_with(above) && path.size() > above.size() && path[above.size()] == '/');
}

// A new source gets its row with its first snapshot.
Source find_or_make_source(Catalog& catalog, const SourceKey& key) {
    const auto& [host, path, name] = key;
    SourceId highest = 0;
    for (auto& source : catalog.sources()) {
        if (source.host == host && source.path == path) {
            if (!name.empty()) source.name = name;
            return source;
        }
        if (source.host == host && (is_below(path, source.path) || is_below(source.path, path)))
            throw Error(ErrorCode::usage,
                        os::printable(path) + " overlaps the source " + os::printable(source.path) + " of this volume",
                        "Back up the one that is there, or use another volume.");
        highest = std::max(highest, source.id);
    }
    return {highest + 1, host, path, name};
}

std::int64_t highest_node(sqlite::Database& catalog) {
    auto highest = catalog.prepare("SELECT coalesce(max(node), 0) FROM entry WHERE node IS NOT NULL");
    highest.step();
    return highest.integer(0);
}

std::optional<Snapshot> newest_snapshot(Catalog& catalog, SourceId source) {
    std::optional<Snapshot> newest;
    for (const auto& snapshot : catalog.snapshots())
        if (snapshot.source == source) newest = snapshot;
    return newest;
}

}  // namespace

Run::Run(Repository& repository, const SourceKey& key)
    : repository_(repository),
      lock_(repository.lock_for_writing()),
      staging_(prepare_staging(repository)),
      staged_(staging_.create_directory(kStagedIn)),
      syncs_each_file_(os::is_on_fuse(staging_.fd())) {
    fill_reserve(repository.control());
    differences_ = std::make_unique<DifferenceStager>(repository, staging_, syncs_each_file_);
    {
        auto catalog = repository.open_catalog();
        source_ = find_or_make_source(catalog, key);
        previous_ = newest_snapshot(catalog, source_.id);
    }
    leftovers_ = std::make_unique<Leftovers>(repository, staging_, source_);
    auto catalog = open_catalog_for_writing(repository.catalog_path());
    const auto highest = highest_node(catalog);
    next_node_ = highest + 1;
    claimed_ = std::vector<std::atomic<std::uint64_t>>(static_cast<std::size_t>(highest / kBitsPerWord) + 1);
    staging_.open_file_for_writing(kPlanFile, os::Create::exclusive);  // SQLite attaches only what is there
    const auto plan_path = repository.path() + "/" + kControl + "/" + kStaging + "/" + kPlanFile;
    plan_ = std::make_unique<Plan>(std::move(catalog), plan_path, source_);
}

Run::~Run() {
    plan_.reset();  // rolls back
    if (leftovers_ && !is_committed_) leftovers_->keep();
    leftovers_.reset();
    leave_staging(repository_);
}

bool Run::claim(NodeId node) {
    const auto word = static_cast<std::size_t>(node / kBitsPerWord);
    if (node < 0 || word >= claimed_.size()) return true;  // made in this run
    const auto bit = std::uint64_t{1} << static_cast<unsigned>(node % kBitsPerWord);
    return (claimed_[word].fetch_or(bit) & bit) == 0;
}

void Run::add(const ScannedDirectory& directory, std::vector<Change>&& changes) {
    const std::lock_guard lock(mutex_);
    plan_->add(directory, changes);
}

void Run::skip(const std::string& path, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    plan_->skip(path, reason);
}

RunTotals Run::scanned() {
    const auto is_claimed = [this](NodeId node) {
        const auto word = static_cast<std::size_t>(node / kBitsPerWord);
        const auto bit = std::uint64_t{1} << static_cast<unsigned>(node % kBitsPerWord);
        return node >= 0 && word < claimed_.size() && (claimed_[word].load() & bit) != 0;
    };
    return plan_->settle(previous_.has_value(), is_claimed, [this] { return new_node(); });
}

std::vector<StagedChange> Run::take_batch(Pass pass) {
    const std::lock_guard lock(mutex_);
    return plan_->take_batch(pass);
}

void Run::finish(const std::vector<StagedChange>& batch) {
    {
        const std::lock_guard lock(mutex_);
        plan_->finish(batch);
    }
    leftovers_->note(batch);
}

std::optional<Digest> Run::take_over(const os::FileStatus& source, const os::Directory& to, const std::string& name) {
    return leftovers_->take(source, to, name);
}

std::optional<TakenOver> Run::take_over_unchanging(const os::FileStatus& source, const os::Directory& to,
                                                   const std::string& name) {
    return leftovers_->take_unchanging(source, to, name);
}

Difference Run::stage_difference(const delta::InputFile& source, StagedChange& staged, const OnRead& on_read) {
    return differences_->stage(source, staged, on_read);
}

void Run::drop_difference(StagedChange& staged) {
    differences_->drop(staged);
}

void Run::note_staged(const std::vector<StagedChange>& batch) {
    leftovers_->note(batch);
}

void Run::discard_staged() {
    if (is_committed_) return;
    plan_.reset();
    leftovers_->discard();
    leftovers_.reset();
}

InterruptedRun Run::keep_staged() {
    leftovers_->keep();
    return leftovers_->kept();
}

void Run::require_later(Timestamp time) const {
    if (previous_ && time <= previous_->time)
        throw Error(ErrorCode::usage,
                    "the snapshot's time " + to_rfc3339(time) + " is not later than the source's newest, " +
                        to_rfc3339(previous_->time),
                    "Is the clock right? --time sets another.");
}

RunSummary Run::commit(const NewSnapshot& snapshot) {
    require_later(snapshot.time);
    auto& catalog = plan_->database();
    plan_->conclude_links();
    plan_->close_transaction();
    auto pack = continue_packs(repository_, catalog);
    const auto lost = save_departing(repository_, catalog, pack);
    write_pending_notice(repository_.root());
    const auto sync = [&] {
        pack.sync();
        os::sync_filesystem(staging_.fd(), repository_.path());
    };
    auto summary = commit_run(catalog, repository_.mirror(), {source_, previous_, snapshot}, pack, sync);
    summary.lost = lost;
    is_committed_ = true;
    try {
        finish_interrupted(repository_, catalog);
        leftovers_->discard();
    } catch (const Error& error) {
        throw Error(error.code(),
                    "the snapshot is committed, but latest/ is not brought up to date: " + error.message(),
                    "Nothing is lost: the next command on this volume finishes it.");
    }
    fill_reserve(repository_.control());
    return summary;
}

std::vector<InterruptedRun> interrupted_runs(const Repository& repository) {
    return Leftovers::list(repository);
}

}  // namespace kist::repository
