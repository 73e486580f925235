#include "kist/repository/run_group.hpp"

#include "kist/base/error.hpp"

#include "repository/catalog_file.hpp"
#include "repository/layout.hpp"
#include "repository/leftovers.hpp"
#include "repository/reclaim.hpp"
#include "repository/reserve.hpp"
#include "repository/writing_session.hpp"

#include <algorithm>

namespace kist::repository {
namespace {

os::Directory prepare_staging(const Repository& repository) {
    auto catalog = open_catalog_for_writing(repository.catalog_path());
    finish_interrupted(repository, catalog);
    auto staging = empty_staging(repository);
    Leftovers::sweep(repository, staging);
    return staging;
}

NodeId highest_node(const Repository& repository) {
    auto catalog = open_catalog_for_reading(repository.catalog_path());
    auto highest = catalog.prepare("SELECT coalesce(max(node), 0) FROM entry WHERE node IS NOT NULL");
    highest.step();
    return highest.integer(0);
}

bool is_below(const std::string& path, const std::string& above) {
    return above == "/" || (path.starts_with(above) && path.size() > above.size() && path[above.size()] == '/');
}

bool is_same(const Source& source, const SourceKey& key) {
    return source.host == key.host && source.path == key.path;
}

void refuse_overlap(const Source& source, const SourceKey& key) {
    if (source.host != key.host || !(is_below(key.path, source.path) || is_below(source.path, key.path))) return;
    throw Error(ErrorCode::usage,
                os::printable(key.path) + " overlaps the source " + os::printable(source.path) + " of this volume",
                "Back up the one that is there, or use another volume.");
}

std::optional<Snapshot> newest_snapshot(Catalog& catalog, SourceId source) {
    std::optional<Snapshot> newest;
    for (const auto& snapshot : catalog.snapshots())
        if (snapshot.source == source) newest = snapshot;
    return newest;
}

}  // namespace

RunGroup::RunGroup(Repository& repository)
    : repository_(repository),
      lock_(repository.lock_for_writing()),
      staging_(prepare_staging(repository)),
      staged_(staging_.create_directory(kStagedIn)),
      first_new_node_(highest_node(repository) + 1),
      next_node_(first_new_node_) {
    fill_reserve(repository.control());
}

RunGroup::~RunGroup() {
    leave_staging(repository_);
}

RunGroup::Member::Member(RunGroup& group, const SourceKey& key) : group_(group) {
    const std::lock_guard lock(group.mutex_);
    for (const auto& source : group.at_work_) {
        if (is_same(source, key))
            throw Error(ErrorCode::busy, "a backup of " + os::printable(key.path) + " is at work already");
        refuse_overlap(source, key);
    }
    auto catalog = group.repository_.open_catalog();
    for (auto& source : catalog.sources()) {
        group.highest_source_ = std::max(group.highest_source_, source.id);
        if (is_same(source, key))
            source_ = std::move(source);
        else
            refuse_overlap(source, key);
    }
    if (source_.id == 0)
        source_ = {++group.highest_source_, key.host, key.path, key.name};
    else if (!key.name.empty())
        source_.name = key.name;
    previous_ = newest_snapshot(catalog, source_.id);
    number_ = group.begun_++;
    group.at_work_.push_back(source_);
}

RunGroup::Member::~Member() {
    const std::lock_guard lock(group_.mutex_);
    std::erase_if(group_.at_work_, [&](const Source& source) { return source.id == source_.id; });
}

}  // namespace kist::repository
