#include "kist/repository/snapshot_owners.hpp"

#include "repository/catalog_file.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

namespace kist::repository {
namespace {

using Counts = std::map<std::pair<std::string, std::uint32_t>, std::uint64_t>;

void count(sqlite::Database& database, const char* columns, const Snapshot& snapshot, Counts& counts) {
    auto rows = database.prepare(
        fmt::format("SELECT {0}, count(*) FROM entry WHERE source = ?1 AND first <= ?2 AND (last IS NULL OR last >= "
                    "?2) GROUP BY {0}",
                    columns));
    rows.bind(1, snapshot.source).bind(2, snapshot.number);
    while (rows.step())
        counts[{std::string(rows.text(0)), static_cast<std::uint32_t>(rows.integer(1))}] +=
            static_cast<std::uint64_t>(rows.integer(2));
}

std::vector<OwnerShare> shares_of(const Counts& counts) {
    std::vector<OwnerShare> shares;
    for (const auto& [owner, entries] : counts) shares.push_back({owner.first, owner.second, entries});
    return shares;
}

}  // namespace

SnapshotOwners owners_of(const Repository& repository, const std::vector<Snapshot>& snapshots) {
    auto database = open_catalog_for_reading(repository.catalog_path());
    Counts users;
    Counts groups;
    for (const auto& snapshot : snapshots) {
        count(database, "user, uid", snapshot, users);
        count(database, "grp, gid", snapshot, groups);
    }
    return {shares_of(users), shares_of(groups)};
}

}  // namespace kist::repository
