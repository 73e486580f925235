#include "kist/restore/restore.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "restore/restorer.hpp"

#include <cerrno>

#include <fmt/format.h>

namespace kist::restore {
namespace {

constexpr std::uint32_t kParentMode = 0755;

repository::Entry entry_at(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                           const std::string& path) {
    auto entry = catalog.find_path(snapshot, path);
    if (!entry)
        throw Error(ErrorCode::not_found, fmt::format("snapshot {} holds no {}", snapshot.number, os::printable(path)),
                    fmt::format("`kist ls {}` shows what it holds.", snapshot.number));
    return std::move(*entry);
}

// path without its last name, and that name: "a/b/" is "a" and "b".
std::pair<std::string, std::string> split_last(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::optional<os::Directory> find_directory(const std::string& path) {
    try {
        return os::Directory::open(path);
    } catch (const Error& error) {
        if (error.error_number() != ENOENT) throw;
        return std::nullopt;
    }
}

Destination open_or_make(const std::string& path, std::uint32_t mode) {
    if (auto existing = find_directory(path)) return {std::move(*existing), false};
    const auto [parent, name] = split_last(path);
    const auto above = open_or_make(parent, kParentMode);
    return {above.directory.create_directory(name, mode), mode == 0700};
}

void expect(Tally& tally, repository::Catalog& catalog, const RestoreOptions& options, const repository::Entry& entry) {
    if (options.progress == nullptr) return;
    if (entry.metadata.type == os::FileType::directory) {
        const auto totals = catalog.totals(options.snapshot, *entry.node);
        tally.expect(totals.files, totals.bytes);
    } else {
        tally.expect(1, {entry.metadata.size});
    }
}

void require_something(const RestoreSummary& summary) {
    if (summary.files + summary.others + summary.kept > 0 || summary.directories > 1) return;
    for (const auto* troubles : {&summary.damaged, &summary.failed, &summary.skipped}) {
        if (troubles->count == 0) continue;
        const auto& [path, reason] = troubles->first.front();
        throw Error(troubles == &summary.damaged ? ErrorCode::damaged : ErrorCode::failed,
                    fmt::format("nothing could be restored: {}: {}", os::printable(path), reason));
    }
}

}  // namespace

RestoreSummary restore(const repository::Repository& repository, const RestoreOptions& options) {
    auto catalog = repository.open_catalog();
    Tally tally(options.progress, options.interrupt);
    const auto entry = entry_at(catalog, options.snapshot, options.path);
    const bool is_directory = entry.metadata.type == os::FileType::directory;
    const auto target = open_or_make(options.target, is_directory ? 0700 : kParentMode);
    expect(tally, catalog, options, entry);
    Restorer restorer(repository, options, catalog, tally);
    if (is_directory)
        restorer.restore_directory(entry, target);
    else
        restorer.restore_single(entry, split_last(options.path).second, target);
    os::sync_filesystem(target.directory.fd(), options.target);
    require_something(tally.summary());
    return tally.summary();
}

std::string place_of_origin(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                            const std::string& path) {
    const auto entry = entry_at(catalog, snapshot, path);
    return entry.metadata.type == os::FileType::directory ? path : split_last(path).first;
}

}  // namespace kist::restore
