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
//
// Runs of a group stage side by side, under numbers of their own, and take turns from the second half of 2 on. What one
// commits says nothing of another's source, so the plan of a run that waits holds.
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

#include <charconv>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr NodeId kBitsPerWord = 64;
constexpr std::int64_t kChangesOfRun = std::int64_t{1} << 40;  // the numbers of a run's changes begin at a multiple

std::int64_t first_change(const RunGroup::Member& member) {
    return member.number() * kChangesOfRun + 1;
}

}  // namespace

Run::Run(Repository& repository, const SourceKey& key)
    : own_group_(std::make_unique<RunGroup>(repository)), group_(*own_group_), member_(group_, key) {
    begin();
}

Run::Run(RunGroup& group, const SourceKey& key) : group_(group), member_(group, key) {
    begin();
}

void Run::begin() {
    const auto& repository = group_.repository();
    const auto& staging = group_.staging();
    syncs_each_file_ = os::is_on_fuse(staging.fd());
    differences_ = std::make_unique<DifferenceStager>(repository, staging, syncs_each_file_);
    leftovers_ = std::make_unique<Leftovers>(repository, staging, source());
    claimed_ = std::vector<std::atomic<std::uint64_t>>(
        static_cast<std::size_t>((group_.first_new_node() - 1) / kBitsPerWord) + 1);
    plan_file_ = own_name(kPlanFile);
    staging.open_file_for_writing(plan_file_, os::Create::exclusive);  // SQLite attaches only what is there
    const auto path = fmt::format("{}/{}/{}/{}", repository.path(), kControl, kStaging, plan_file_);
    plan_ = std::make_unique<Plan>(open_catalog_for_writing(repository.catalog_path()), path, source(),
                                   first_change(member_));
}

Run::~Run() {
    plan_.reset();  // rolls back
    if (leftovers_ && !is_committed_) leftovers_->keep();
    leftovers_.reset();
    try {
        group_.staging().remove_file(plan_file_);
    } catch (const Error&) {  // whoever comes next removes it
    }
}

std::string Run::own_name(const std::string& name) const {
    return member_.number() == 0 ? name : fmt::format("{}.{}", name, member_.number());
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
    return plan_->settle(previous().has_value(), is_claimed, [this] { return new_node(); });
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
    remove_staged_objects();
}

void Run::remove_staged_objects() {
    const auto first = first_change(member_);
    const auto is_own = [&](const std::string& name) {
        std::int64_t change = 0;
        const auto* const end = name.data() + name.size();
        return std::from_chars(name.data(), end, change).ptr == end && change >= first &&
               change < first + kChangesOfRun - 1;
    };
    for (const char* folder : {kStagedIn, kRedo, kSpace}) {
        const auto objects = group_.staging().find_directory(folder);
        if (!objects) continue;
        for (const auto& entry : objects->entries())
            if (is_own(entry.name)) objects->remove_tree(entry.name);
    }
}

InterruptedRun Run::keep_staged() {
    leftovers_->keep();
    return leftovers_->kept();
}

void Run::require_later(Timestamp time) const {
    const auto newest = previous();
    if (newest && time <= newest->time)
        throw Error(ErrorCode::usage,
                    "the snapshot's time " + to_rfc3339(time) + " is not later than the source's newest, " +
                        to_rfc3339(newest->time),
                    "Is the clock right? --time sets another.");
}

RunSummary Run::commit(const NewSnapshot& snapshot) {
    require_later(snapshot.time);
    const auto turn = group_.hold_commits();
    auto& catalog = plan_->database();
    plan_->conclude_links();
    plan_->close_transaction();
    finish_interrupted(repository(), catalog);  // of a run of this group that could not do it
    const auto summary = commit_to_catalog(snapshot);
    is_committed_ = true;
    try {
        if (!own_group_) announce_commit(group_.staging());  // what others stage does not say that this was none
        finish_interrupted(repository(), catalog);
        leftovers_->discard();
    } catch (const Error& error) {
        throw Error(error.code(),
                    "the snapshot is committed, but latest/ is not brought up to date: " + error.message(),
                    "Nothing is lost: the next command on this volume finishes it.");
    }
    fill_reserve(repository().control());
    return summary;
}

RunSummary Run::commit_to_catalog(const NewSnapshot& snapshot) {
    auto& catalog = plan_->database();
    try {
        auto pack = continue_packs(repository(), catalog);
        const auto lost = save_departing(repository(), catalog, pack);
        write_pending_notice(repository());
        const auto sync = [&] {
            pack.sync();
            os::sync_filesystem(group_.staging().fd(), repository().path());
        };
        auto summary = commit_run(catalog, repository().mirror(), {source(), previous(), snapshot}, pack, sync);
        summary.lost = lost;
        return summary;
    } catch (...) {
        withdraw_commit(repository());
        throw;
    }
}

std::vector<InterruptedRun> interrupted_runs(const Repository& repository) {
    return Leftovers::list(repository);
}

}  // namespace kist::repository
