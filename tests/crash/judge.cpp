#include "crash/judge.hpp"

#include "kist/base/error.hpp"
#include "kist/os/process.hpp"
#include "kist/repository/check.hpp"
#include "kist/restore/restore.hpp"

#include "crash/history.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::crash {
namespace {

namespace fs = std::filesystem;
using repository::Repository;
using repository::SnapshotNumber;

[[noreturn]] void fail(const std::string& what) {
    throw Error(ErrorCode::damaged, what);
}

std::set<SnapshotNumber> snapshots_of(const Repository& repository) {
    std::set<SnapshotNumber> numbers;
    for (const auto& snapshot : repository.open_catalog().snapshots()) numbers.insert(snapshot.number);
    return numbers;
}

void require_snapshots(const Repository& repository, const Promises& promises, RunState state) {
    const auto found = snapshots_of(repository);
    if (found == promises.after || (state == RunState::under_way && found == promises.before)) return;
    fail(fmt::format("it has the snapshots {}, not {}{}", found, promises.after,
                     state == RunState::under_way ? fmt::format(" or {}", promises.before) : ""));
}

void require_equal(const TreeListing& expected, const std::string& tree, const std::string& what) {
    if (const auto text = difference(expected, list_tree(tree)); !text.empty()) fail(what + " differs:" + text);
}

void require_equal_for_rsync(const std::string& one, const std::string& other, const std::string& what) {
    const auto result = os::run({"rsync", "-aHAXni", "--checksum", "--delete", one + "/", other + "/"});
    if (result.status != 0 || !result.output.empty()) fail(what + " differs for rsync:\n" + result.output);
}

using Trees = std::map<SnapshotNumber, TreeListing>;

void require_restored(const Repository& repository, SnapshotNumber number, const Promises& promises,
                      const TreeListing& tree, const std::string& target) {
    fs::remove_all(target);
    restore::RestoreOptions options;
    options.snapshot = repository.open_catalog().snapshot(number);
    options.path = promises.source;
    options.target = target;
    options.threads = 1;
    const auto what = fmt::format("snapshot {}", number);
    const auto summary = restore::restore(repository, options);
    for (const auto* troubles : {&summary.damaged, &summary.failed, &summary.skipped})
        for (const auto& trouble : troubles->first) fail(what + ": " + trouble.path + ": " + trouble.reason);
    require_equal(tree, target, what);
}

void require_all_restored(const Repository& repository, const Promises& promises, const Trees& trees,
                          const std::string& scratch) {
    for (const auto number : snapshots_of(repository))
        if (const auto tree = trees.find(number); tree != trees.end())
            require_restored(repository, number, promises, tree->second, scratch + "/restored");
}

// The trees that the snapshots have to show: a run that had not returned may have changed all or none.
const Trees& present_trees(const Repository& repository, const Promises& promises, RunState state) {
    auto catalog = repository.open_catalog();
    for (const auto& snapshot : catalog.snapshots()) {
        const auto after = promises.trees_after.find(snapshot.number);
        if (state == RunState::under_way && after != promises.trees_after.end() &&
            snapshot.entries != after->second.size())
            return promises.trees;
    }
    return promises.trees_after;
}

void heal_what_was_damaged(const Repository& repository, const Promises& promises, RunState state) {
    if (promises.is_damaged && state == RunState::under_way) repair(repository);
}

void require_sound(const Repository& repository, const std::string& when) {
    repository::CheckOptions options;
    options.threads = 1;
    const auto result = repository::check(repository, options);
    for (const auto& line : result.inconsistencies) fail("check " + when + ": " + line);
    for (const auto& damage : result.damage) fail("check " + when + ": " + damage.reason);
}

void require_next_run(Repository& repository, const Promises& promises, Rigour rigour) {
    back_up(repository, promises.source, promises.next_hour);
    const auto mirror = repository.path() + "/latest/files/host" + promises.source;
    require_equal(list_tree(promises.source), mirror, "the mirror after the next run");
    if (rigour == Rigour::rsync) require_equal_for_rsync(promises.source, mirror, "the mirror after the next run");
    if (!promises.is_damaged && !fs::is_empty(repository.path() + "/.kist/found"))
        fail("something was found in the way of the next run");
}

}  // namespace

void judge(const std::string& root, const std::string& scratch, const Promises& promises, RunState state,
           Rigour rigour) {
    auto repository = Repository::open(root, {});
    require_snapshots(repository, promises, state);
    heal_what_was_damaged(repository, promises, state);
    require_sound(repository, "after the crash");
    const auto& trees = present_trees(repository, promises, state);
    require_all_restored(repository, promises, trees, scratch);
    require_next_run(repository, promises, rigour);
    require_sound(repository, "after the next run");
    if (rigour == Rigour::rsync) require_all_restored(repository, promises, trees, scratch);
}

}  // namespace kist::crash
