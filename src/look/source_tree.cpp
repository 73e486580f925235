#include "look/source_tree.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file.hpp"
#include "kist/selection/folder_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

namespace kist::look {
namespace {

using os::FileType;

std::string parent_of(const std::string& path) {
    return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

std::string top_of(const repository::Source& source) {
    try {
        os::Directory::open(source.path);
        return source.path;
    } catch (const Error& error) {
        if (error.error_number() != ENOTDIR) throw;
    }
    return parent_of(source.path);
}

void put_status(const os::FileStatus& status, repository::Entry& entry) {
    auto& metadata = entry.metadata;
    metadata.type = status.type;
    metadata.mode = status.mode;
    metadata.uid = status.uid;
    metadata.gid = status.gid;
    metadata.size = status.size;
    metadata.mtime = status.mtime;
    metadata.special_device =
        status.type == FileType::character_device || status.type == FileType::block_device ? status.special_device : 0;
    entry.identity = {status.device, status.inode, status.ctime, status.birth_time, false};
}

}  // namespace

SourceTree::SourceTree(const repository::Repository& repository, repository::Catalog& catalog, const LiveChoice& choice,
                       const std::atomic<bool>& interrupted)
    : catalog_(catalog),
      choice_(choice),
      interrupted_(interrupted),
      known_(repository, choice.source.id),
      volume_(repository.root().own_status()),
      top_path_(top_of(choice.source)),
      top_(os::Directory::open(top_path_)) {}

bool SourceTree::is_left_out(const os::FileStatus& status) const {
    return status.device == volume_.device && status.inode == volume_.inode;
}

// Also where a part of the path is no folder, or a symlink: then it is not what was backed up.
std::optional<os::Directory> SourceTree::open_folder(const std::string& path) const {
    if (path == top_path_) return top_.duplicate();
    return top_.find_below(std::string_view(path).substr(top_path_ == "/" ? 1 : top_path_.size() + 1));
}

Item SourceTree::item_of(const os::Directory& parent, const std::string& name, std::string path,
                         const os::FileStatus& status) {
    Item item;
    item.path = std::move(path);
    item.entry.name = name;
    put_status(status, item.entry);
    item.has_other_names = status.type != FileType::directory && status.link_count > 1;
    if (status.type == FileType::symlink) item.entry.metadata.symlink_target = parent.read_link(name);
    if (status.type == FileType::directory)
        if (const auto known = known_.find_directory(status)) item.entry.node = known->node;
    return item;
}

// The rules of the folders above count below.
Item SourceTree::root() {
    const auto& path = choice_.path;
    const auto missing = Error(ErrorCode::not_found, os::printable(path) + " is not there now",
                               "Two snapshots can be compared with each other: kist diff A B");
    auto rules = choice_.selection.root();
    if (path == top_path_) {
        auto item = item_of(top_, path, path, top_.own_status());
        item.rules = std::make_shared<selection::Folder>(std::move(rules));
        return item;
    }
    auto directory = top_.duplicate();
    for (auto at = top_path_;;) {
        selection::read_folder_files(choice_.selection, rules, directory, at, [](std::string_view) { return true; });
        const auto begin = at == "/" ? 1 : at.size() + 1;
        const auto end = std::min(path.find('/', begin), path.size());
        const auto name = path.substr(begin, end - begin);
        const auto status = directory.find_status(name);
        if (!status) throw Error(missing);
        rules = choice_.selection.enter(rules, name);
        if (end == path.size()) {
            auto item = item_of(directory, name, path, *status);
            item.rules = std::make_shared<selection::Folder>(std::move(rules));
            return item;
        }
        auto below = directory.find_directory(name);
        if (!below) throw Error(missing);
        directory = std::move(*below);
        at = path.substr(0, end);
    }
}

Listing SourceTree::list(const Item& folder) {
    try {
        const auto directory = open_folder(folder.path);
        if (directory) return list_names(folder, *directory);
    } catch (const Error& error) {
        if (error.error_number() == 0) throw;
        troubles_.push_back({folder.path, error.message()});
    }
    return {{}, false};
}

Listing SourceTree::list_names(const Item& folder, const os::Directory& directory) {
    auto names = directory.entries();
    std::ranges::sort(names, {}, &os::DirectoryEntry::name);
    Listing listing;
    listing.is_whole = selection::leave_out(choice_.boundaries, directory, folder.is_mount_point, names) == 0;
    auto rules = *folder.rules;
    for (const auto& trouble :
         selection::read_folder_files(choice_.selection, rules, directory, folder.path,
                                      [&](std::string_view name) { return selection::holds(names, name); }))
        troubles_.push_back({path_below(folder.path, trouble.name), trouble.reason});
    listed_path_ = folder.path;
    listed_rules_ = rules;
    for (const auto& [name, inode] : names) {
        const auto status = directory.find_status(name);
        if (!status || is_left_out(*status)) continue;
        const bool is_folder = status->type == FileType::directory;
        if (choice_.boundaries.exclude(*status) || choice_.selection.excludes(rules, name, is_folder)) continue;
        auto item = item_of(directory, name, path_below(folder.path, name), *status);
        item.is_mount_point = status->device != folder.entry.identity.device;
        if (is_folder) item.rules = std::make_shared<selection::Folder>(choice_.selection.enter(rules, name));
        listing.items.push_back(std::move(item));
    }
    return listing;
}

std::optional<Item> SourceTree::find_folder(repository::NodeId /*node*/) {
    return std::nullopt;
}

std::optional<Item> SourceTree::stand_in(const Item& folder, const Item& missing) {
    const auto& metadata = missing.entry.metadata;
    const bool is_folder = metadata.type == FileType::directory;
    const auto& rules = folder.path == listed_path_ && !folder.path.empty() ? listed_rules_ : *folder.rules;
    os::FileStatus status;
    status.type = metadata.type;
    status.size = metadata.size;
    status.mtime = metadata.mtime;
    if (choice_.boundaries.exclude(status) || choice_.selection.excludes(rules, missing.entry.name, is_folder))
        return std::nullopt;
    Item instead;
    if (is_folder)
        instead.rules = std::make_shared<selection::Folder>(choice_.selection.enter(rules, missing.entry.name));
    return instead;
}

bool SourceTree::is_same_below(const Item& /*before*/, const Item& /*folder*/) {
    return false;
}

std::optional<EntryDifference> SourceTree::difference(const Item& before, Item& item) {
    if (is_unchanged(repository::known_of(item.entry).status, repository::known_of(before.entry)))
        return EntryDifference{};
    try {
        auto& now = item.entry.metadata;
        const auto& then = before.entry.metadata;
        const auto folder = open_folder(item.path == top_path_ ? top_path_ : parent_of(item.path));
        if (!folder) return std::nullopt;  // vanished meanwhile
        now.attributes = item.path == top_path_ ? os::extended_attributes(folder->fd())
                                                : os::extended_attributes(*folder, name_of(item.path));
        // Numbers decide here: what a name means today is not looked up.
        if (now.uid == then.uid) now.user = then.user;
        if (now.gid == then.gid) now.group = then.group;
        auto difference = difference_of(then, now);
        if (now.type == FileType::regular) difference.content = has_other_content(before, item);
        return difference;
    } catch (const Error& error) {
        if (error.error_number() == 0) throw;
        troubles_.push_back({item.path, error.message()});
        return std::nullopt;
    }
}

bool SourceTree::has_other_content(const Item& before, const Item& item) {
    if (before.entry.metadata.size != item.entry.metadata.size) return true;
    const auto folder = open_folder(parent_of(item.path));
    if (!folder) return true;
    const auto file = folder->open_file(name_of(item.path));
    if (os::status_of(file.get()).type != FileType::regular) return true;
    delta::ContentHasher hasher;
    std::array<std::byte, 65536> buffer{};
    for (std::uint64_t at = 0;;) {
        if (interrupted_) throw Error(ErrorCode::interrupted, "interrupted while comparing");
        const auto got = os::read_at(file.get(), at, buffer, item.path);
        hasher.update(std::span(buffer).first(got));
        at += got;
        if (got < buffer.size()) break;
    }
    return hasher.finish() != catalog_.content(before.entry.content.value()).hash;
}

bool SourceTree::is_certainly_the_same(const Item& before, const Item& item) {
    const auto& a = before.entry;
    const auto& b = item.entry;
    return a.metadata.type == FileType::regular && b.metadata.type == a.metadata.type &&
           a.metadata.size == b.metadata.size && a.metadata.mtime == b.metadata.mtime &&
           a.identity.device == b.identity.device && a.identity.inode == b.identity.inode && a.identity.birth_time &&
           a.identity.birth_time == b.identity.birth_time;
}

}  // namespace kist::look
