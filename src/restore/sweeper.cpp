#include "restore/sweeper.hpp"

#include "kist/base/error.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

namespace kist::restore {
namespace {

std::vector<std::string> names_in(const os::Directory& directory) {
    std::vector<std::string> names;
    for (auto& entry : directory.entries()) names.push_back(std::move(entry.name));
    std::ranges::sort(names);
    return names;
}

std::string below(const std::string& path, const std::string& name) {
    return path.ends_with('/') ? path + name : path + "/" + name;
}

}  // namespace

bool Sweeper::is_permitted() {
    if (options_.deletion != Deletion::when_complete) return options_.deletion == Deletion::regardless;
    if (options_.snapshot.skipped > 0)
        tally_.withhold_deletion(
            fmt::format("{} entries could not be read when the snapshot was made", options_.snapshot.skipped));
    else if (tally_.has_trouble())
        tally_.withhold_deletion("not everything could be restored");
    else
        return true;
    return false;
}

void Sweeper::sweep(const os::Directory& directory, repository::NodeId node, const std::string& path) {
    std::unordered_set<std::string> wanted;
    try {
        catalog_.list(options_.snapshot, node,
                      [&](repository::Entry&& entry) { wanted.insert(std::move(entry.name)); });
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        return;  // what belongs there is not known; that was counted when it was restored
    }
    const auto position = tree_.position_of(node);
    for (const auto& name : names_in(directory))
        if (!wanted.contains(name)) remove(directory, name, position, below(path, name));
}

bool Sweeper::remove(const os::Directory& directory, const std::string& name, const ChosenTree::Position& position,
                     const std::string& path) {
    tally_.throw_if_interrupted();
    try {
        const auto status = directory.find_status(name);
        if (!status) return true;
        const bool is_directory = status->type == os::FileType::directory;
        const auto next = tree_.follow(position, name, is_directory);
        if (next.is_excluded) return false;
        if (status->is_mount_root) throw Error(ErrorCode::failed, "not deleted: a filesystem is mounted there");
        if (is_directory && !empty(directory.open_directory(name), next, path)) return false;
        return remove_one(directory, name, is_directory, path);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted) throw;
        tally_.add_failed(path, error.message());
        return false;
    }
}

// What is in it; true: nothing is left.
bool Sweeper::empty(const os::Directory& directory, const ChosenTree::Position& position, const std::string& path) {
    bool is_empty = true;
    for (const auto& name : names_in(directory))
        is_empty = remove(directory, name, position, below(path, name)) && is_empty;
    return is_empty;
}

bool Sweeper::remove_one(const os::Directory& directory, const std::string& name, bool is_directory,
                         const std::string& path) {
    if (options_.most_deletions && deleted_ >= *options_.most_deletions) {
        tally_.add_not_deleted();
        return false;
    }
    if (report_ != nullptr)
        (*report_)({Action::remove, path, nullptr, false});
    else
        is_directory ? directory.remove_directory(name) : directory.remove_file(name);
    ++deleted_;
    tally_.add_deleted();
    return true;
}

}  // namespace kist::restore
