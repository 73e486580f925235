#include "kist/repository/usage.hpp"

#include "kist/base/error.hpp"

#include "repository/catalog_statements.hpp"
#include "repository/layout.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <sys/statvfs.h>

namespace kist::repository {
namespace {

// Blocks of what has this name, and of all below it.
ByteCount allocated(const os::Directory& folder, const std::string& name) {
    const auto status = folder.find_status(name);
    if (!status) return {};
    ByteCount sum{status->allocated};
    if (status->type != os::FileType::directory) return sum;
    if (const auto below = folder.find_directory(name))
        for (const auto& entry : below->entries()) sum += allocated(*below, entry.name);
    return sum;
}

ByteCount packs_in(const os::Directory& history) {
    ByteCount sum;
    for (const auto& entry : history.entries())
        if (entry.name.ends_with(".pack")) sum += allocated(history, entry.name);
    return sum;
}

void put_filesystem(const os::Directory& root, SpaceUsage& usage) {
    struct statvfs status {};
    if (fstatvfs(root.fd(), &status) != 0) throw Error::from_errno(errno, "cannot ask the volume for its size");
    usage.total = {std::uint64_t{status.f_blocks} * status.f_frsize};
    usage.free = {std::uint64_t{status.f_bavail} * status.f_frsize};
}

// What is summed up of a folder, and a row of a name in it.
struct Sum {
    std::uint64_t contents = 0;
    ByteCount bytes;
    EntryId newest = 0;
};

}  // namespace

SpaceUsage space_usage(const Repository& repository, Catalog& catalog) {
    SpaceUsage usage;
    const auto& control = repository.control();
    const auto history = control.open_directory(kHistory);
    usage.latest = catalog.live_bytes();
    usage.packs = packs_in(history);
    usage.kept = allocated(history, kKept);
    for (const auto* name : {"catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"})
        usage.catalog += allocated(control, name);
    usage.signatures = allocated(control, kSignatures);
    usage.staging = allocated(control, kStaging);
    usage.reserve = allocated(control, kReserve);
    usage.found = allocated(control, kFound);
    put_filesystem(repository.root(), usage);
    return usage;
}

ByteCount Catalog::live_bytes() {
    auto query = statements_->query(
        "SELECT CAST(total(size) AS INTEGER) FROM (SELECT size FROM entry WHERE last IS NULL AND type = 0 AND node IS "
        "NULL UNION ALL SELECT max(size) FROM entry WHERE last IS NULL AND type = 0 AND node IS NOT NULL GROUP BY "
        "node)");
    query->step();
    return {static_cast<std::uint64_t>(query->integer(0))};
}

std::vector<Growth> growth(Catalog& catalog) {
    std::vector<Growth> result;
    auto query = catalog.statements_->query(
        "SELECT appeared, count(*), CAST(total(size) AS INTEGER) FROM (SELECT content, min(first) AS appeared FROM "
        "entry WHERE content IS NOT NULL GROUP BY content) JOIN content ON content.id = content GROUP BY appeared "
        "ORDER "
        "BY appeared");
    while (query->step())
        result.push_back({query->integer(0),
                          static_cast<std::uint64_t>(query->integer(1)),
                          {static_cast<std::uint64_t>(query->integer(2))}});
    return result;
}

std::vector<FolderHistory> history_by_folder(Catalog& catalog) {
    const Catalog::Reading reading(catalog);
    std::map<std::pair<SourceId, NodeId>, Sum> sums;
    {
        auto query = catalog.statements_->query(
            "SELECT entry.source, directory, entry.id, bytes FROM (SELECT CASE place WHEN 1 THEN stored ELSE size END "
            "AS bytes, (SELECT id FROM entry WHERE content = content.id ORDER BY last DESC LIMIT 1) AS newest FROM "
            "content WHERE place IN (1, 2)) JOIN entry ON entry.id = newest");
        while (query->step()) {
            auto& sum = sums[{query->integer(0), query->integer(1)}];
            ++sum.contents;
            sum.bytes += ByteCount{static_cast<std::uint64_t>(query->integer(3))};
            sum.newest = std::max(sum.newest, query->integer(2));
        }
    }
    std::vector<FolderHistory> result;
    for (const auto& [folder, sum] : sums) {
        auto row = catalog.statements_->entries_where("id = ?1");
        if (!row->bind(1, sum.newest).step()) continue;
        const auto entry = read_entry(*row);
        const auto occurrence = catalog.find_occurrence(entry);
        if (!occurrence) continue;
        const auto& path = occurrence->path;
        // A source that is a single file is its own folder here.
        auto parent = folder.second < 0 ? path : path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
        result.push_back({folder.first, std::move(parent), sum.contents, sum.bytes});
    }
    std::ranges::stable_sort(result, std::greater<>(), [](const FolderHistory& folder) { return folder.bytes; });
    return result;
}

}  // namespace kist::repository
