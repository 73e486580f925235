#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "look/tree.hpp"

#include <fmt/format.h>

namespace kist::look {
namespace {

using os::FileType;

Item item_of(std::string path, repository::Entry&& entry) {
    Item item;
    item.path = std::move(path);
    item.has_other_names = entry.metadata.type != FileType::directory && entry.node.has_value();
    item.entry = std::move(entry);
    return item;
}

bool is_within(const std::string& path, const std::string& folder) {
    return path == folder || folder == "/" || (path.starts_with(folder) && path[folder.size()] == '/');
}

}  // namespace

std::string path_below(const std::string& folder, const std::string& name) {
    return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

bool is_directory(const Item& item) {
    return item.entry.metadata.type == FileType::directory;
}

SnapshotTree::SnapshotTree(repository::Catalog& catalog, const TreeChoice& choice)
    : catalog_(catalog),
      choice_(choice),
      timeline_(catalog, choice.source),
      position_(timeline_.position(choice.snapshot.number)) {}

SnapshotTree::SnapshotTree(repository::Catalog& catalog, const TreeChoice& choice, const SnapshotTree& before)
    : SnapshotTree(catalog, choice) {
    if (before.choice_.source.id == choice.source.id)
        changed_folders_ = timeline_.changed_folders(before.position_, position_);
}

Item SnapshotTree::root() {
    auto entry = choice_.path == choice_.source.path ? catalog_.root(choice_.snapshot)
                                                     : catalog_.find_path(choice_.snapshot, choice_.path);
    if (!entry)
        throw Error(ErrorCode::not_found,
                    fmt::format("snapshot {} holds no {}", choice_.snapshot.number, os::printable(choice_.path)),
                    "`kist log PATH` tells when it was there.");
    return item_of(choice_.path, std::move(*entry));
}

Listing SnapshotTree::list(const Item& folder) {
    Listing listing;
    catalog_.list(choice_.snapshot, folder.entry.node.value(), [&](repository::Entry&& entry) {
        auto path = path_below(folder.path, entry.name);
        listing.items.push_back(item_of(std::move(path), std::move(entry)));
    });
    return listing;
}

std::optional<Item> SnapshotTree::find_folder(repository::NodeId node) {
    repository::Entry wanted;
    wanted.metadata.type = FileType::directory;
    wanted.node = node;
    auto found = timeline_.same_thing(wanted, position_);
    if (found.empty()) return std::nullopt;
    auto path = timeline_.path(found.front(), position_);
    if (!is_within(path, choice_.path)) return std::nullopt;
    return item_of(std::move(path), std::move(found.front()));
}

std::optional<Item> SnapshotTree::stand_in(const Item& /*folder*/, const Item& /*missing*/) {
    return Item{};
}

bool SnapshotTree::is_same_below(const Item& before, const Item& folder) {
    return changed_folders_ && before.entry.node == folder.entry.node &&
           !changed_folders_->contains(folder.entry.node.value());
}

std::optional<EntryDifference> SnapshotTree::difference(const Item& before, Item& item) {
    if (before.entry.id == item.entry.id) return EntryDifference{};
    auto difference = difference_of(before.entry, item.entry);
    if (!changed_folders_) difference.links = false;  // groups of different sources have nothing to do with each other
    return difference;
}

bool SnapshotTree::is_certainly_the_same(const Item& before, const Item& item) {
    const auto& a = before.entry;
    const auto& b = item.entry;
    return changed_folders_ && a.metadata.type == b.metadata.type && a.content && a.content == b.content &&
           a.identity.device == b.identity.device && a.identity.inode == b.identity.inode && a.identity.birth_time &&
           a.identity.birth_time == b.identity.birth_time;
}

}  // namespace kist::look
