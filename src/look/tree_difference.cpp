#include "kist/look/tree_difference.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "look/source_tree.hpp"
#include "look/tree.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace kist::look {
namespace {

using repository::NodeId;

// Two folders to be compared, or one that has no counterpart.
struct Task {
    std::optional<Item> before;
    Item after;  // of what is missing: what stands in for it
};

// By path; what has gone stands before what has come in its place.
bool comes_before(const Difference& a, const Difference& b) {
    if (const auto order = a.path() <=> b.path(); order != 0) return order < 0;
    return a.change == Change::removed && b.change != Change::removed;
}

class Comparison {
  public:
    Comparison(SnapshotTree& before, Tree& after, const std::atomic<bool>& interrupted)
        : before_(before), after_(after), interrupted_(interrupted) {}

    std::vector<Difference> run() {
        auto before = before_.root();
        auto after = after_.root();
        if (before.entry.metadata.type == after.entry.metadata.type) {
            if (is_directory(before)) claim(before);
            meet(std::move(before), std::move(after));
        } else {
            Item instead;
            instead.rules = after.rules;
            lose(std::move(before), std::move(instead));
            add(std::move(after));
        }
        compare_folders();
        lose_folders();  // only now it is known which of them were found elsewhere
        match_renamed_files();
        std::ranges::sort(found_, comes_before);
        return std::move(found_);
    }

  private:
    void compare_folders() {
        while (auto task = take(tasks_)) {
            if (task->before)
                merge(*task->before, task->after);
            else
                for (auto& item : after_.list(task->after).items) add(std::move(item));
        }
    }

    void lose_folders() {
        while (auto task = take(missing_)) {
            const auto& folder = *task->before;
            if (!claim(folder)) continue;
            found_.push_back({Change::removed, folder.path, {}, folder.entry, {}, {}});
            for (auto& item : before_.list(folder).items) miss(std::move(item), task->after);
        }
    }

    std::optional<Task> take(std::vector<Task>& tasks) const {
        if (interrupted_) throw Error(ErrorCode::interrupted, "interrupted while comparing");
        if (tasks.empty()) return std::nullopt;
        auto task = std::move(tasks.back());
        tasks.pop_back();
        return task;
    }

    bool claim(const Item& folder) { return claimed_.insert(folder.entry.node.value()).second; }
    bool is_claimed(const Item& folder) const { return claimed_.contains(folder.entry.node.value()); }

    // A catalog in which a folder is inside itself has no end.
    void enter(const Item& folder) {
        if (folder.entry.id != 0 && !entered_.insert(folder.entry.node.value()).second)
            throw Error(ErrorCode::damaged,
                        "the catalog is damaged: a folder stands in two places, " + os::printable(folder.path));
    }

    void merge(const Item& before, const Item& after) {
        if (after_.is_same_below(before, after)) return;
        auto old = before_.list(before).items;
        auto listing = after_.list(after);
        auto at = old.begin();
        const auto lose_one = [&] {
            if (listing.is_whole) miss(std::move(*at), after);
            ++at;
        };
        for (auto& item : listing.items) {
            while (at != old.end() && at->entry.name < item.entry.name) lose_one();
            if (at == old.end() || at->entry.name != item.entry.name)
                add(std::move(item));
            else if (are_counterparts(*at, item))
                meet(std::move(*at++), std::move(item));
            else {
                lose_one();
                add(std::move(item));
            }
        }
        while (at != old.end()) lose_one();
    }

    // Whether two of one name are to be compared; else the one has gone and the other has come.
    bool are_counterparts(const Item& before, const Item& after) {
        if (before.entry.metadata.type != after.entry.metadata.type) return false;
        if (!is_directory(before)) return true;
        if (is_claimed(before)) return false;
        if (before.entry.node != after.entry.node) {
            if (after.entry.node && find_unclaimed(*after.entry.node)) return false;
            if (after_.find_folder(*before.entry.node)) return false;
        }
        return claim(before);
    }

    std::optional<Item> find_unclaimed(NodeId node) {
        if (claimed_.contains(node)) return std::nullopt;
        return before_.find_folder(node);
    }

    void meet(Item&& before, Item&& after) {
        const auto what = after_.difference(before, after);
        if (what && what->any()) note(Change::changed, before, after, *what);
        if (!is_directory(after)) return;
        enter(after);
        tasks_.push_back({std::move(before), std::move(after)});
    }

    void add(Item&& item) {
        if (!is_directory(item)) {
            added_.push_back(std::move(item));
            return;
        }
        enter(item);
        auto origin = item.entry.node ? find_unclaimed(*item.entry.node) : std::nullopt;
        if (origin && claim(*origin)) {
            const auto what = after_.difference(*origin, item);
            note(Change::renamed, *origin, item, what.value_or(EntryDifference{}));
            tasks_.push_back({std::move(origin), std::move(item)});
        } else {
            found_.push_back({Change::added, {}, item.path, {}, item.entry, {}});
            tasks_.push_back({{}, std::move(item)});
        }
    }

    // A name of the snapshot that is not in this folder of the other tree.
    void miss(Item&& item, const Item& folder) {
        if (auto instead = after_.stand_in(folder, item)) lose(std::move(item), std::move(*instead));
    }

    void lose(Item&& item, Item&& instead) {
        if (is_directory(item))
            missing_.push_back({std::move(item), std::move(instead)});
        else
            removed_.push_back(std::move(item));
    }

    // Those that have one counterpart, and are the only one of that.
    void match_renamed_files() {
        std::unordered_multimap<std::uint64_t, std::size_t> by_inode;
        for (std::size_t at = 0; at < removed_.size(); ++at)
            if (!removed_[at].has_other_names) by_inode.emplace(removed_[at].entry.identity.inode, at);
        std::vector<bool> is_matched(removed_.size());
        for (auto& item : added_) {
            std::vector<std::size_t> matches;
            const auto [begin, end] = by_inode.equal_range(item.entry.identity.inode);
            for (auto at = begin; at != end && !item.has_other_names; ++at)
                if (after_.is_certainly_the_same(removed_[at->second], item)) matches.push_back(at->second);
            if (matches.size() == 1 && !is_matched[matches.front()]) {
                const auto& origin = removed_[matches.front()];
                is_matched[matches.front()] = true;
                const auto what = after_.difference(origin, item);
                note(Change::renamed, origin, item, what.value_or(EntryDifference{}));
            } else {
                found_.push_back({Change::added, {}, item.path, {}, std::move(item.entry), {}});
            }
        }
        for (std::size_t at = 0; at < removed_.size(); ++at)
            if (!is_matched[at])
                found_.push_back({Change::removed, removed_[at].path, {}, std::move(removed_[at].entry), {}, {}});
    }

    void note(Change change, const Item& before, const Item& after, const EntryDifference& what) {
        found_.push_back({change, before.path, after.path, before.entry, after.entry, what});
    }

    SnapshotTree& before_;
    Tree& after_;
    const std::atomic<bool>& interrupted_;
    std::vector<Task> tasks_;
    std::vector<Task> missing_;
    std::vector<Item> removed_;  // no folders
    std::vector<Item> added_;
    std::unordered_set<NodeId> claimed_;  // folders of the snapshot that have a counterpart, or are gone
    std::unordered_set<NodeId> entered_;  // folders of the other tree, where it is a snapshot's
    std::vector<Difference> found_;
};

}  // namespace

TreeDifference compare(repository::Catalog& catalog, const TreeChoice& before, const TreeChoice& after,
                       const std::atomic<bool>& interrupted) {
    SnapshotTree first(catalog, before);
    SnapshotTree second(catalog, after, first);
    return {Comparison(first, second, interrupted).run(), {}};
}

TreeDifference compare(const repository::Repository& repository, repository::Catalog& catalog, const TreeChoice& before,
                       const LiveChoice& after, const std::atomic<bool>& interrupted) {
    SnapshotTree snapshot(catalog, before);
    SourceTree source(repository, catalog, after, interrupted);
    TreeDifference result;
    result.differences = Comparison(snapshot, source, interrupted).run();
    result.troubles = source.troubles();
    return result;
}

}  // namespace kist::look
