#include "kist/restore/restore.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/forget.hpp"

#include "restore/rehearsal.hpp"
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
    if (mode == 0700) return make_directory(above, name);
    return {above.directory.create_directory(name, mode), false};
}

void require_something(const RestoreSummary& summary) {
    if (summary.files + summary.others + summary.kept + summary.unchanged + summary.deleted > 0 ||
        summary.directories > 1)
        return;
    for (const auto* troubles : {&summary.damaged, &summary.failed, &summary.skipped}) {
        if (troubles->count == 0) continue;
        const auto& [path, reason] = troubles->first.front();
        throw Error(troubles == &summary.damaged ? ErrorCode::damaged : ErrorCode::failed,
                    fmt::format("nothing could be restored: {}: {}", os::printable(path), reason));
    }
}

// Names that were asked for and are not there: trouble with each, unless there is nothing else.
void require_chosen(Tally& tally, const ChosenTree& tree, const repository::Entry& root,
                    const RestoreOptions& options) {
    const auto missing = tree.missing();
    const auto reason = fmt::format("snapshot {} does not hold it", options.snapshot.number);
    if (tree.part_of(root) == ChosenTree::Part::none)
        throw Error(ErrorCode::not_found,
                    missing.empty() ? fmt::format("nothing below {} is chosen", os::printable(options.path))
                                    : fmt::format("{}: {}", os::printable(missing.front()), reason),
                    fmt::format("`kist ls {}` shows what it holds.", options.snapshot.number));
    for (const auto& path : missing) tally.add_failed(shown_path(options, path), reason);
}

void require_no_choice(const RestoreOptions& options) {
    if (!options.choice.is_everything())
        throw Error(ErrorCode::usage, os::printable(options.path) + " is no folder: there is nothing to choose in it");
}

RestoreSummary restore_snapshot(const repository::Repository& repository, const RestoreOptions& options) {
    auto catalog = repository.open_catalog();
    const repository::Catalog::Reading reading(catalog);
    Tally tally(options.progress, options.interrupt);
    const auto entry = entry_at(catalog, options.snapshot, options.path);
    Restorer restorer(repository, options, catalog, tally);
    std::optional<Destination> target;
    if (entry.metadata.type == os::FileType::directory) {
        const ChosenTree tree(options, catalog, entry);
        require_chosen(tally, tree, entry, options);
        target = open_or_make(options.target, 0700);
        tally.expect(tree.totals().files, tree.totals().bytes);
        restorer.restore_directory(entry, tree, *target);
    } else {
        require_no_choice(options);
        target = open_or_make(options.target, kParentMode);
        tally.expect(1, {entry.metadata.size});
        restorer.restore_single(entry, split_last(options.path).second, *target);
    }
    os::sync_filesystem(target->directory.fd(), options.target);
    require_something(tally.summary());
    return tally.summary();
}

}  // namespace

RestoreSummary restore(const repository::Repository& repository, const RestoreOptions& options) {
    try {
        auto summary = restore_snapshot(repository, options);
        if (summary.damaged.count > 0) expect_not_forgotten(repository, options.snapshot.number);
        return summary;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::damaged) expect_not_forgotten(repository, options.snapshot.number);
        throw;
    }
}

RestoreSummary rehearse(const repository::Repository& repository, const RestoreOptions& options,
                        const std::function<void(const Step&)>& report) {
    auto catalog = repository.open_catalog();
    Tally tally(nullptr, options.interrupt);
    const auto entry = entry_at(catalog, options.snapshot, options.path);
    Rehearsal rehearsal(repository, options, catalog, tally, report);
    auto target = find_directory(options.target);
    if (entry.metadata.type == os::FileType::directory) {
        const ChosenTree tree(options, catalog, entry);
        require_chosen(tally, tree, entry, options);
        rehearsal.go_through(entry, tree, std::move(target));
    } else {
        require_no_choice(options);
        rehearsal.consider_single(entry, split_last(options.path).second, target);
    }
    return tally.summary();
}

void put_back(repository::Catalog& catalog, RestoreOptions& options) {
    const auto entry = entry_at(catalog, options.snapshot, options.path);
    const auto top = catalog.source(options.snapshot.source).path;
    const bool is_source = options.path == top;
    if (!is_source) {
        const auto below = options.path.substr(top == "/" ? 1 : top.size() + 1);
        auto names = options.choice.files.value_or(std::vector<std::string>{""});
        for (auto& name : names) name = below + (name.empty() ? "" : "/" + name);
        options.choice.files = std::move(names);
        options.path = top;
    }
    options.target = is_source && entry.metadata.type != os::FileType::directory ? split_last(top).first : top;
}

}  // namespace kist::restore
