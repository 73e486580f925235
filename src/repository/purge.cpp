#include "kist/repository/purge.hpp"

#include "repository/history_commit.hpp"
#include "repository/purged_rows.hpp"

#include <algorithm>

namespace kist::repository {
namespace {

std::vector<Source> sources_of(const Repository& repository, const PurgeRequest& request) {
    auto sources = repository.open_catalog().sources();
    const auto is_meant = [&](const Source& source) {
        return std::ranges::find(request.sources, source.id) != request.sources.end();
    };
    std::erase_if(sources, [&](const Source& source) { return !is_meant(source); });
    return sources;
}

}  // namespace

PurgeResult purge(const Repository& repository, const PurgeRequest& request) {
    WritingSession session(repository);
    PurgeResult result;
    const auto sources = sources_of(repository, request);
    const auto change_rows = [&](sqlite::Database& catalog, Removed& removed) {
        result.paths.clear();
        result.path_count = result.snapshots = 0;
        list_purged(catalog, request, sources, result);
        remove_purged(catalog, removed);
    };
    const HistoryChange change{change_rows, FreedBases::go, RecordAs::checkpoint};
    rehearse_history(session, change, result);
    if (request.rehearsal == Rehearsal::yes || result.path_count == 0) return result;
    static_cast<Removed&>(result) = {};
    commit_history(session, change, result);
    carry_out_history(session);
    return result;
}

}  // namespace kist::repository
