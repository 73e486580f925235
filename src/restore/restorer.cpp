#include "restore/restorer.hpp"

#include "kist/base/error.hpp"
#include "kist/os/parallel.hpp"

#include <cerrno>

namespace kist::restore {
namespace {

constexpr std::size_t kBatchSize = 64;
constexpr std::size_t kQueuedBatches = 32;  // each holds a directory open

unsigned threads_of(const RestoreOptions& options) {
    return options.threads == 0 ? os::core_count() : options.threads;
}

// Of directories that are there already.
bool sets_metadata(const RestoreOptions& options) {
    return options.overwrite == Overwrite::always || options.overwrite == Overwrite::if_older;
}

}  // namespace

Restorer::Restorer(const repository::Repository& repository, const RestoreOptions& options,
                   repository::Catalog& catalog, Tally& tally)
    : repository_(repository),
      options_(options),
      catalog_(catalog),
      tally_(tally),
      names_(repository.open_catalog()),
      owners_(options, name_lookup(names_, options.snapshot)),
      metadata_(owners_, tally),
      queue_(kQueuedBatches) {}

void Restorer::restore_directory(const repository::Entry& root, const ChosenTree& tree, const Destination& target) {
    target_ = target.directory.duplicate();
    is_alone_ = is_only_restore(*target_);
    tree_ = &tree;
    sweeper_.emplace(options_, catalog_, tree, tally_);
    folders_.add({*root.node, 0, "", tree.part_of(root),
                  target.is_private ? Folder::State::made : Folder::State::merged, target.is_private,
                  id_of(target.directory.own_status())});
    std::atomic<bool> walking = false;
    os::run_in_parallel(threads_of(options_) + 1, [&] {
        try {
            walking.exchange(true) ? work() : walk();
        } catch (...) {
            queue_.abort();
            throw;
        }
    });
    place_the_rest();
    seal_files();
    finish(root);
}

void Restorer::restore_single(const repository::Entry& entry, const std::string& name, const Destination& target) {
    Placer placer(repository_, options_, metadata_, tally_);
    Workplace workplace(target);
    auto named = entry;
    named.name = name;
    named.node.reset();  // of its other names none is restored
    place_entry(workplace, placer, {0, name}, "", named);
    for (const auto& sealing : sealings_) seal(target.directory, sealing, "");
}

void Restorer::walk() {
    std::vector<std::size_t> pending{0};
    while (!pending.empty()) {
        const auto index = pending.back();
        pending.pop_back();
        tally_.throw_if_interrupted();
        try {
            visit_folder(index, pending);
        } catch (const Error& error) {
            count_failure(tally_, error, shown(index));
        }
    }
    queue_.close();
}

void Restorer::visit_folder(std::size_t index, std::vector<std::size_t>& below) {
    const auto destination = open(index);
    if (is_alone_ && folders_[index].state == Folder::State::merged) remove_leftovers(destination.directory);
    auto batch = new_batch(index, destination);
    const auto node = folders_[index].node;
    const auto visit = [&](repository::Entry&& entry) {
        if (entry.metadata.type == os::FileType::directory) {
            if (const auto entered = enter(index, destination, entry)) below.push_back(*entered);
            return;
        }
        if (!tree_->holds(node, entry) || is_another_name(index, entry)) return;
        batch.entries.push_back(std::move(entry));
        if (batch.entries.size() == kBatchSize) hand_out(std::exchange(batch, new_batch(index, destination)));
    };
    try {
        catalog_.list(options_.snapshot, node, visit);
    } catch (const Error& error) {
        count_failure(tally_, error, shown(index));
    }
    if (!batch.entries.empty()) hand_out(std::move(batch));
}

Restorer::Batch Restorer::new_batch(std::size_t index, const Destination& destination) const {
    return {{destination.directory.duplicate(), destination.is_private}, index, folders_.path(index), {}};
}

void Restorer::hand_out(Batch&& batch) {
    if (!queue_.push(std::move(batch))) throw Error(ErrorCode::interrupted, "the restore has stopped");
}

std::optional<std::size_t> Restorer::enter(std::size_t parent, const Destination& destination,
                                           const repository::Entry& entry) {
    const auto part = tree_->part_of(entry);
    if (part == ChosenTree::Part::none) return std::nullopt;
    Folder folder{*entry.node, parent, entry.name, part, Folder::State::absent, false, {}};
    try {
        make_or_merge(destination, entry, folder);
    } catch (const Error& error) {
        count_failure(tally_, error, shown(parent, entry.name));
    }
    const bool is_there = folder.state != Folder::State::absent;
    const auto index = folders_.add(std::move(folder));
    if (!index)
        tally_.add_damaged(shown(parent, entry.name), "the catalog is damaged: this folder stands in two places");
    return is_there ? index : std::nullopt;
}

void Restorer::make_or_merge(const Destination& parent, const repository::Entry& entry, Folder& folder) {
    if (const auto existing = parent.directory.find_directory(entry.name)) {
        folder.state = Folder::State::merged;
        folder.object = id_of(existing->own_status());
        return;
    }
    if (const auto existing = parent.directory.find_status(entry.name)) {
        const bool is_way = folder.part == ChosenTree::Part::way;
        if (is_way || options_.overwrite == Overwrite::keep_both)
            throw Error(ErrorCode::failed, "something that is no folder stands in its place");
        if (!gives_way(options_, *existing, entry)) return tally_.add_kept();
        parent.directory.remove_file(entry.name);
    }
    const auto made = make_directory(parent, entry.name);
    folder.state = Folder::State::made;
    folder.is_private = made.is_private;
    folder.object = id_of(made.directory.own_status());
}

bool Restorer::is_another_name(std::size_t index, const repository::Entry& entry) {
    if (!entry.node) return false;
    const std::lock_guard lock(mutex_);
    if (groups_.try_emplace(*entry.node, Group{{index, entry.name}, std::nullopt}).second) return false;
    other_names_.push_back({index, entry.name});
    return true;
}

void Restorer::work() {
    Placer placer(repository_, options_, metadata_, tally_);
    while (const auto batch = queue_.pop()) {
        Workplace workplace(batch->destination);
        for (const auto& entry : batch->entries)
            place_entry(workplace, placer, {batch->folder, entry.name}, batch->path + entry.name, entry);
    }
}

void Restorer::place_entry(Workplace& workplace, Placer& placer, const Place& place, const std::string& path,
                           const repository::Entry& entry) {
    tally_.throw_if_interrupted();
    try {
        const auto outcome = placer.place(workplace, place.name, entry);
        count(outcome.placed, path, entry);
        tally_.add_flags_refused(shown_path(options_, path), outcome.flags_refused);
        if (outcome.unsealed) {
            const std::lock_guard lock(mutex_);
            sealings_.push_back({place.folder, *outcome.unsealed, entry.metadata.flags});
        }
        if (entry.node && outcome.object) {
            const std::lock_guard lock(mutex_);
            groups_[*entry.node] = {place, outcome.object};
        }
    } catch (const Error& error) {
        if (error.error_number() == ENOTEMPTY && sweeper_ && options_.deletion != Deletion::none && !may_delete_) {
            const std::lock_guard lock(mutex_);
            obstructed_.push_back(place);
            return;
        }
        count_failure(tally_, error, shown_path(options_, path));
    }
    if (entry.metadata.type == os::FileType::regular) tally_.file_is_done();
}

void Restorer::count(Placed placed, const std::string& path, const repository::Entry& entry) {
    switch (placed) {
        case Placed::placed:
            return tally_.add_placed(entry.metadata);
        case Placed::unchanged:
            return tally_.add_unchanged();
        case Placed::kept:
            return tally_.add_kept();
        case Placed::beside:
            return tally_.add_beside(entry.metadata);
        case Placed::skipped:
            return tally_.add_skipped(shown_path(options_, path), "special files of this kind need root");
    }
}

void Restorer::place_the_rest() {
    may_delete_ = options_.deletion != Deletion::none && sweeper_->is_permitted();
    Placer placer(repository_, options_, metadata_, tally_);
    for (const auto& place : std::exchange(obstructed_, {})) place_another(placer, place, true);
    for (const auto& place : other_names_) place_another(placer, place, false);
}

void Restorer::place_another(Placer& placer, const Place& place, bool is_in_the_way) {
    tally_.throw_if_interrupted();
    try {
        const auto node = folders_[place.folder].node;
        const auto entry = catalog_.find(options_.snapshot, node, place.name);
        if (!entry) throw Error(ErrorCode::damaged, "its row in the catalog is damaged");
        const auto destination = open(place.folder);
        if (is_in_the_way && !may_delete_)
            throw Error(ErrorCode::failed, "a folder stands in its place, and nothing is deleted");
        const auto existing = destination.directory.find_status(place.name);
        if (may_delete_ && existing && existing->type == os::FileType::directory &&
            gives_way(options_, *existing, *entry))
            sweeper_->remove(destination.directory, place.name, tree_->position_of(node),
                             shown(place.folder, place.name));
        Workplace workplace(destination);
        link_name(workplace, placer, place, *entry);
    } catch (const Error& error) {
        count_failure(tally_, error, shown(place.folder, place.name));
    }
}

void Restorer::link_name(Workplace& workplace, Placer& placer, const Place& place, const repository::Entry& entry) {
    const auto group = entry.node ? groups_[*entry.node] : Group{};
    if (group.object) {
        const auto folder = open(group.first.folder);
        if (const auto linked = placer.link(workplace, entry, {folder.directory, group.first.name, *group.object})) {
            count(*linked, folders_.path(place.folder) + place.name, entry);
            if (entry.metadata.type != os::FileType::regular) return;
            tally_.advance(entry.metadata.size);
            return tally_.file_is_done();
        }
    }
    // It cannot be a link of the first name: it becomes a file of its own, and the next names are links of this one.
    place_entry(workplace, placer, place, folders_.path(place.folder) + place.name, entry);
}

void Restorer::seal(const os::Directory& directory, const Sealing& sealing, const std::string& path) {
    const auto& [name, object] = sealing.file;
    try {
        const auto file = directory.find_file(name);
        if (!file || id_of(os::status_of(file->get())) != object)
            throw Error(ErrorCode::failed, "somebody else has put another file in its place");
        const auto refused = os::set_file_flags(file->get(), sealing.flags) & os::kSealingFlags;
        tally_.add_flags_refused(shown_path(options_, path), refused);
    } catch (const Error& error) {
        count_failure(tally_, error, shown_path(options_, path));
    }
}

void Restorer::seal_files() {
    for (const auto& sealing : sealings_) {
        tally_.throw_if_interrupted();
        try {
            seal(open(sealing.folder).directory, sealing, folders_.path(sealing.folder) + sealing.file.name);
        } catch (const Error& error) {
            count_failure(tally_, error, shown(sealing.folder, sealing.file.name));
        }
    }
}

void Restorer::finish(const repository::Entry& root) {
    for (auto index = folders_.size(); index-- > 0;) {
        if (folders_[index].state == Folder::State::absent) continue;
        tally_.throw_if_interrupted();
        try {
            conclude(index, root);
        } catch (const Error& error) {
            count_failure(tally_, error, shown(index));
        }
    }
}

void Restorer::conclude(std::size_t index, const repository::Entry& root) {
    const auto& folder = folders_[index];
    const bool is_whole = folder.part == ChosenTree::Part::whole;
    const bool is_made = folder.state == Folder::State::made;
    const auto destination = open(index);
    if (may_delete_ && is_whole && !is_made) sweeper_->sweep(destination.directory, folder.node, shown(index));
    if (is_made || (is_whole && sets_metadata(options_))) {
        const auto row = index == 0 ? std::optional(root)
                                    : catalog_.find(options_.snapshot, folders_[folder.parent].node, folder.name);
        if (!row) throw Error(ErrorCode::damaged, "its row in the catalog is damaged");
        tally_.add_flags_refused(shown(index), metadata_.conclude(destination.directory.fd(), row->metadata));
    }
    if (is_made || is_whole) tally_.add_directory();
}

Destination Restorer::open(std::size_t index) const {
    const auto& folder = folders_[index];
    auto directory = target_->open_below(folders_.path(index));
    if (id_of(directory.own_status()) != folder.object)
        throw Error(ErrorCode::failed, "somebody else has put another folder in its place");
    return {std::move(directory), folder.is_private};
}

std::string Restorer::shown(std::size_t folder, const std::string& name) const {
    return shown_path(options_, folders_.path(folder) + name);
}

}  // namespace kist::restore
