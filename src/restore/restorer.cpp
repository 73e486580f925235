#include "restore/restorer.hpp"

#include "kist/base/error.hpp"
#include "kist/os/parallel.hpp"

namespace kist::restore {
namespace {

constexpr std::size_t kBatchSize = 64;
constexpr std::size_t kQueuedBatches = 32;  // each holds a directory open

unsigned threads_of(const RestoreOptions& options) {
    return options.threads == 0 ? os::core_count() : options.threads;
}

// What concerns the whole restore, and not one entry.
bool is_fatal(const Error& error) {
    return error.code() == ErrorCode::no_space || error.code() == ErrorCode::interrupted;
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return path.substr(0, slash == std::string::npos ? 0 : slash + 1);
}

}  // namespace

// A directory of the second pass, with those below it that are still to be visited.
struct Restorer::Level {
    repository::NodeId node = 0;
    std::string path;
    std::string name;
    Folder state = Folder::absent;
    std::vector<std::pair<repository::NodeId, std::string>> below;
};

Restorer::Restorer(const repository::Repository& repository, const RestoreOptions& options,
                   repository::Catalog& catalog, Tally& tally)
    : repository_(repository),
      options_(options),
      catalog_(catalog),
      tally_(tally),
      owners_(options.owners),
      metadata_(owners_, tally),
      queue_(kQueuedBatches) {}

void Restorer::restore_directory(const repository::Entry& root, const Destination& target) {
    const repository::Catalog::Reading reading(catalog_);
    target_ = target.directory.duplicate();
    folders_[*root.node] = target.is_ours ? Folder::made : Folder::merged;
    std::atomic<bool> walking = false;
    os::run_in_parallel(threads_of(options_) + 1, [&] {
        try {
            walking.exchange(true) ? work() : walk(root);
        } catch (...) {
            queue_.abort();
            throw;
        }
    });
    finish(root);
}

void Restorer::restore_single(const repository::Entry& entry, const std::string& name, const Destination& target) {
    Placer placer(repository_, options_.overwrite, metadata_, tally_);
    Workplace workplace(target);
    place_entry(workplace, placer, "", entry, name);
}

void Restorer::walk(const repository::Entry& root) {
    std::vector<std::pair<repository::NodeId, std::string>> pending{{*root.node, ""}};
    while (!pending.empty()) {
        const auto [node, path] = std::move(pending.back());
        pending.pop_back();
        tally_.throw_if_interrupted();
        try {
            visit_folder(node, path, pending);
        } catch (const Error& error) {
            count_failure(error, path);
        }
    }
    queue_.close();
}

void Restorer::visit_folder(repository::NodeId node, const std::string& path,
                            std::vector<std::pair<repository::NodeId, std::string>>& below) {
    const Destination destination{target_->open_below(path), folders_[node] == Folder::made};
    const auto new_batch = [&] { return Batch{{destination.directory.duplicate(), destination.is_ours}, path, {}}; };
    auto batch = new_batch();
    const auto visit = [&](repository::Entry&& entry) {
        if (entry.metadata.type == os::FileType::directory) {
            const auto state = enter(destination, path, entry);
            if (state == Folder::made || state == Folder::merged)
                below.emplace_back(*entry.node, path + entry.name + "/");
            return;
        }
        if (is_another_name(path, entry)) return;
        batch.entries.push_back(std::move(entry));
        if (batch.entries.size() == kBatchSize) hand_out(std::exchange(batch, new_batch()));
    };
    try {
        catalog_.list(options_.snapshot, node, visit);
    } catch (const Error& error) {
        count_failure(error, path);
    }
    if (!batch.entries.empty()) hand_out(std::move(batch));
}

void Restorer::hand_out(Batch&& batch) {
    if (!queue_.push(std::move(batch))) throw Error(ErrorCode::interrupted, "the restore has stopped");
}

Restorer::Folder Restorer::enter(const Destination& parent, const std::string& path, const repository::Entry& entry) {
    const auto [known, is_new] = folders_.try_emplace(*entry.node, Folder::absent);
    if (!is_new) {
        tally_.add_damaged(shown(path + entry.name), "the catalog is damaged: this folder stands in two places");
        return Folder::absent;
    }
    try {
        known->second = make_or_merge(parent.directory, entry.name);
    } catch (const Error& error) {
        count_failure(error, path + entry.name);
    }
    return known->second;
}

Restorer::Folder Restorer::make_or_merge(const os::Directory& parent, const std::string& name) {
    if (parent.find_directory(name)) return Folder::merged;
    if (parent.find_status(name)) {
        if (options_.overwrite == Overwrite::never) {
            tally_.add_kept();
            return Folder::absent;
        }
        parent.remove_file(name);
    }
    parent.create_directory(name, 0700);
    return Folder::made;
}

bool Restorer::is_another_name(const std::string& path, const repository::Entry& entry) {
    return entry.node && !first_names_.try_emplace(*entry.node, path + entry.name).second;
}

void Restorer::work() {
    Placer placer(repository_, options_.overwrite, metadata_, tally_);
    while (const auto batch = queue_.pop()) {
        Workplace workplace(batch->destination);
        for (const auto& entry : batch->entries)
            place_entry(workplace, placer, batch->path + entry.name, entry, entry.name);
    }
}

bool Restorer::place_entry(Workplace& workplace, Placer& placer, const std::string& path,
                           const repository::Entry& entry, const std::string& name) {
    tally_.throw_if_interrupted();
    auto placed = Placed::skipped;
    try {
        placed = placer.place(workplace, name, entry);
        count(placed, path, entry);
    } catch (const Error& error) {
        count_failure(error, path);
    }
    if (entry.metadata.type == os::FileType::regular) tally_.file_is_done();
    if (placed != Placed::placed && entry.node) {
        const std::lock_guard lock(mutex_);
        unplaced_.insert(*entry.node);
    }
    return placed == Placed::placed;
}

void Restorer::count(Placed placed, const std::string& path, const repository::Entry& entry) {
    if (placed == Placed::placed) tally_.add_placed(entry.metadata);
    if (placed == Placed::kept) tally_.add_kept();
    if (placed == Placed::skipped) tally_.add_skipped(shown(path), "special files of this kind need root");
}

void Restorer::count_failure(const Error& error, const std::string& path) {
    if (is_fatal(error)) throw error;
    if (error.code() == ErrorCode::damaged)
        tally_.add_damaged(shown(path), error.message());
    else
        tally_.add_failed(shown(path), error.message());
}

void Restorer::finish(const repository::Entry& root) {
    Placer placer(repository_, options_.overwrite, metadata_, tally_);
    std::vector<Level> levels;
    levels.push_back(open_level(*root.node, "", "", placer));
    while (!levels.empty()) {
        auto& level = levels.back();
        if (!level.below.empty()) {
            const auto [node, name] = std::move(level.below.back());
            level.below.pop_back();
            levels.push_back(open_level(node, level.path + name + "/", name, placer));
            continue;
        }
        const auto done = std::move(level);
        levels.pop_back();
        const auto row =
            levels.empty() ? std::optional(root) : catalog_.find(options_.snapshot, levels.back().node, done.name);
        if (row)
            conclude(done, *row);
        else
            tally_.add_damaged(shown(done.path), "its row in the catalog is damaged");
    }
}

Restorer::Level Restorer::open_level(repository::NodeId node, const std::string& path, const std::string& name,
                                     Placer& placer) {
    Level level{node, path, name, std::exchange(folders_[node], Folder::finished), {}};
    if (level.state != Folder::made && level.state != Folder::merged) return level;
    tally_.throw_if_interrupted();
    try {
        const Destination destination{target_->open_below(path), level.state == Folder::made};
        Workplace workplace(destination);
        catalog_.list(options_.snapshot, node, [&](repository::Entry&& entry) {
            if (entry.metadata.type == os::FileType::directory)
                level.below.emplace_back(*entry.node, entry.name);
            else if (entry.node)
                link_name(workplace, placer, path + entry.name, entry);
        });
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) count_failure(error, path);  // else the first pass has said it
    }
    return level;
}

void Restorer::link_name(Workplace& workplace, Placer& placer, const std::string& path,
                         const repository::Entry& entry) {
    auto& first = first_names_[*entry.node];
    if (first == path) return;
    std::optional<Placed> linked;
    try {
        if (!first.empty() && !unplaced_.contains(*entry.node)) {
            const auto folder = target_->open_below(folder_of(first));
            linked = placer.link(workplace, entry.name, folder, first.substr(folder_of(first).size()));
        }
    } catch (const Error& error) {
        count_failure(error, path);
        return;
    }
    if (linked) {
        count(*linked, path, entry);
        if (entry.metadata.type != os::FileType::regular) return;
        tally_.advance(entry.metadata.size);
        return tally_.file_is_done();
    }
    // It cannot be a link of the first name: it becomes a file of its own, and the next names are links of this one.
    if (!place_entry(workplace, placer, path, entry, entry.name)) return;
    first = path;
    unplaced_.erase(*entry.node);
}

void Restorer::conclude(const Level& level, const repository::Entry& entry) {
    if (level.state != Folder::made && level.state != Folder::merged) return;
    try {
        if (level.state == Folder::made || options_.overwrite == Overwrite::always)
            metadata_.apply(target_->open_below(level.path).fd(), entry.metadata);
        tally_.add_directory();
    } catch (const Error& error) {
        count_failure(error, level.path);
    }
}

std::string Restorer::shown(const std::string& path) const {
    auto full = options_.path;
    if (!path.empty() && full != "/") full += "/";
    full += path;
    if (full.size() > 1 && full.back() == '/') full.pop_back();
    return full;
}

}  // namespace kist::restore
