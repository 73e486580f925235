#include "restore/restoration.hpp"

#include <algorithm>

namespace kist::restore {

std::optional<std::size_t> Folders::add(Folder folder) {
    if (!known_.insert(folder.node).second) return std::nullopt;
    folders_.push_back(std::move(folder));
    return folders_.size() - 1;
}

std::string Folders::path(std::size_t index) const {
    std::vector<std::size_t> way;
    for (; index != 0; index = folders_[index].parent) way.push_back(index);
    std::string path;
    std::ranges::for_each(way.rbegin(), way.rend(), [&](auto at) { path += folders_[at].name + "/"; });
    return path;
}

OwnerMap::NameOf name_lookup(repository::Catalog& catalog, const repository::Snapshot& snapshot) {
    return [&catalog, snapshot](OwnerKind kind, std::uint32_t number) {
        return kind == OwnerKind::user ? catalog.user_name(snapshot, number) : catalog.group_name(snapshot, number);
    };
}

std::string shown_path(const RestoreOptions& options, const std::string& path) {
    auto full = options.path;
    if (!path.empty() && full != "/") full += "/";
    full += path;
    if (full.size() > 1 && full.back() == '/') full.pop_back();
    return full;
}

void count_failure(Tally& tally, const Error& error, const std::string& path) {
    if (error.code() == ErrorCode::no_space || error.code() == ErrorCode::interrupted) throw error;
    if (error.code() == ErrorCode::damaged)
        tally.add_damaged(path, error.message());
    else
        tally.add_failed(path, error.message());
}

}  // namespace kist::restore
