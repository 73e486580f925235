// The library's main operations on a repository in a plain folder, for tests that let calls fail under them.
//   fault_run create VOLUME | backup VOLUME SOURCE HOUR | restore VOLUME SNAPSHOT SOURCE TARGET | verify VOLUME |
//     forget VOLUME SNAPSHOT... | purge VOLUME GLOB | rename VOLUME NAME | check VOLUME | repair VOLUME |
//     rebuild VOLUME

#include "kist/backup/backup.hpp"
#include "kist/base/error.hpp"
#include "kist/repository/check.hpp"
#include "kist/repository/purge.hpp"
#include "kist/repository/rebuild.hpp"
#include "kist/repository/rename_source.hpp"
#include "kist/repository/repair.hpp"
#include "kist/restore/restore.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace {

using namespace kist;

int back_up(const std::string& volume, const std::string& source, int hour) {
    auto repository = repository::Repository::open(volume, {});
    backup::BackupOptions options;
    options.host = "host";
    options.path = source;
    options.time = Timestamp{std::chrono::hours{hour}};
    options.tags = {fmt::format("hour-{}", hour), "fault"};
    const auto summary = backup::back_up(repository, options, FixedClock(*options.time));
    for (const auto& lost : summary.run.lost) fmt::print("lost {}\n", lost);
    for (const auto& skipped : summary.run.skipped) fmt::print("skipped {}: {}\n", skipped.path, skipped.reason);
    return summary.run.lost.empty() ? 0 : 1;
}

int bring_back(const std::string& volume, int number, const std::string& source, const std::string& target) {
    const auto repository = repository::Repository::open(volume, {});
    restore::RestoreOptions options;
    options.snapshot = repository.open_catalog().snapshot(number);
    options.path = source;
    options.target = target;
    const auto summary = restore::restore(repository, options);
    return summary.damaged.count + summary.failed.count == 0 ? 0 : 1;
}

// Prints the numbers of the snapshots.
int verify(const std::string& volume) {
    const auto repository = repository::Repository::open(volume, {});
    auto catalog = repository.open_catalog();
    for (const auto& snapshot : catalog.snapshots()) fmt::print("{}\n", snapshot.number);
    const auto troubles = catalog.inconsistencies();
    for (const auto& trouble : troubles) fmt::print(stderr, "{}\n", trouble);
    return troubles.empty() && !catalog.has_pending_steps() ? 0 : 1;
}

int forget(const std::string& volume, char** first, char** end) {
    repository::ForgetRequest request;
    request.whole_source = repository::WholeSource::allow;
    for (; first != end; ++first) request.snapshots.push_back(std::atoi(*first));
    const auto result = repository::forget(repository::Repository::open(volume, {}), request);
    for (const auto& lost : result.lost) fmt::print("lost {}\n", lost);
    return result.lost.empty() ? 0 : 1;
}

int purge(const std::string& volume, const std::string& glob) {
    const auto repository = repository::Repository::open(volume, {});
    repository::PurgeRequest request{*PathPattern::parse(glob), {}};
    for (const auto& source : repository.open_catalog().sources()) request.sources.push_back(source.id);
    const auto result = repository::purge(repository, request);
    for (const auto& gone : result.paths) fmt::print("{}-{} {}\n", gone.first, gone.last, gone.path);
    return 0;
}

// All sources.
int rename_all(const std::string& volume, const std::string& name) {
    const auto repository = repository::Repository::open(volume, {});
    std::vector<repository::SourceId> ids;
    for (const auto& source : repository.open_catalog().sources()) ids.push_back(source.id);
    repository::rename_sources(repository, ids, name);
    return 0;
}

int check(const std::string& volume) {
    const auto result = repository::check(repository::Repository::open(volume, {}), {});
    for (const auto& line : result.inconsistencies) fmt::print("{}\n", line);
    for (const auto& damage : result.damage) fmt::print("{}\n", damage.reason);
    return result.is_sound() ? 0 : 1;
}

// Without a source to take anything from.
int repair(const std::string& volume) {
    const auto result = repository::repair(repository::Repository::open(volume, {}), {});
    for (const auto& one : result.repaired) fmt::print("{}: {}\n", static_cast<int>(one.healing), one.damage.reason);
    return result.is_whole() ? 0 : 1;
}

int rebuild(const std::string& volume) {
    const auto result = repository::rebuild_catalog(repository::Repository::open_without_catalog(volume, {}));
    for (const auto& trouble : result.troubles) fmt::print("{}\n", trouble);
    for (const auto& path : result.differing_paths) fmt::print("differs: {}\n", path);
    return result.differing == 0 ? 0 : 3;
}

}  // namespace

int main(int count, char** words) try {
    const std::string verb = count > 2 ? words[1] : "";
    if (verb == "create") return repository::Repository::create(words[2], {}), 0;
    if (verb == "backup" && count == 5) return back_up(words[2], words[3], std::atoi(words[4]));
    if (verb == "restore" && count == 6) return bring_back(words[2], std::atoi(words[3]), words[4], words[5]);
    if (verb == "verify") return verify(words[2]);
    if (verb == "check") return check(words[2]);
    if (verb == "repair") return repair(words[2]);
    if (verb == "rebuild") return rebuild(words[2]);
    if (verb == "purge" && count == 4) return purge(words[2], words[3]);
    if (verb == "rename" && count == 4) return rename_all(words[2], words[3]);
    if (verb == "forget") return forget(words[2], words + 3, words + count);
    return 2;
} catch (const kist::Error& error) {
    fmt::print(stderr, "{}\n", error.message());
    return error.code() == kist::ErrorCode::no_space ? 8 : 1;
}
