#include "restore/rehearsal.hpp"

#include "kist/base/error.hpp"

namespace kist::restore {

namespace {

bool flags_differ(const os::Directory& parent, const repository::Entry& entry) {
    const auto directory = parent.find_directory(entry.name);
    const auto flags = directory ? os::file_flags(directory->fd()) : std::nullopt;
    return flags && MetadataApplier::differ(*flags, entry.metadata);
}

}  // namespace

Rehearsal::Rehearsal(const repository::Repository& repository, const RestoreOptions& options,
                     repository::Catalog& catalog, Tally& tally, const Report& report)
    : options_(options),
      catalog_(catalog),
      tally_(tally),
      report_(report),
      names_(repository.open_catalog()),
      owners_(options, name_lookup(names_, options.snapshot)),
      metadata_(owners_, tally),
      contents_(repository.open_catalog()),
      judge_(options, metadata_, contents_) {}

void Rehearsal::go_through(const repository::Entry& root, const ChosenTree& tree, std::optional<os::Directory> target) {
    const repository::Catalog::Reading reading(catalog_);
    target_ = std::move(target);
    tree_ = &tree;
    sweeper_.emplace(options_, catalog_, tree, tally_, &report_);
    const auto state = target_ ? Folder::State::merged : Folder::State::missing;
    folders_.add({*root.node, 0, "", tree.part_of(root), state, false, {}});
    if (!target_) report_({Action::create, shown(0), &root, false});
    std::vector<std::size_t> pending{0};
    while (!pending.empty()) {
        const auto index = pending.back();
        pending.pop_back();
        tally_.throw_if_interrupted();
        try {
            visit(index, pending);
        } catch (const Error& error) {
            count_failure(tally_, error, shown(index));
        }
    }
    sweep();
}

void Rehearsal::consider_single(const repository::Entry& entry, const std::string& name,
                                const std::optional<os::Directory>& target) {
    auto named = entry;
    named.name = name;
    named.node.reset();
    consider(target, options_.path, named);
}

void Rehearsal::visit(std::size_t index, std::vector<std::size_t>& below) {
    const auto directory = open(index);
    const auto node = folders_[index].node;
    catalog_.list(options_.snapshot, node, [&](repository::Entry&& entry) {
        if (entry.metadata.type == os::FileType::directory) {
            if (const auto entered = enter(index, directory, entry)) below.push_back(*entered);
        } else if (tree_->holds(node, entry)) {
            if (consider(directory, shown(index, entry.name), entry)) obstructed_.emplace_back(index, entry.name);
        }
    });
}

std::optional<std::size_t> Rehearsal::enter(std::size_t parent, const std::optional<os::Directory>& directory,
                                            const repository::Entry& entry) {
    const auto part = tree_->part_of(entry);
    if (part == ChosenTree::Part::none) return std::nullopt;
    const auto path = shown(parent, entry.name);
    auto state = Folder::State::absent;
    try {
        state = look_at(directory, path, entry, part);
    } catch (const Error& error) {
        count_failure(tally_, error, path);
    }
    const auto index = folders_.add({*entry.node, parent, entry.name, part, state, false, {}});
    return state != Folder::State::absent ? index : std::nullopt;
}

Folder::State Rehearsal::look_at(const std::optional<os::Directory>& parent, const std::string& path,
                                 const repository::Entry& entry, ChosenTree::Part part) {
    const auto existing = parent ? parent->find_status(entry.name) : std::nullopt;
    if (!existing) {
        report_({Action::create, path, &entry, false});
        return Folder::State::missing;
    }
    const bool is_newer = existing->mtime > entry.metadata.mtime;
    if (existing->type != os::FileType::directory) {
        if (part == ChosenTree::Part::way || options_.overwrite == Overwrite::keep_both)
            throw Error(ErrorCode::failed, "something that is no folder stands in its place");
        const bool yields = gives_way(options_, *existing, entry);
        report_({yields ? Action::replace : Action::keep, path, &entry, is_newer});
        return yields ? Folder::State::missing : Folder::State::absent;
    }
    const bool sets = part == ChosenTree::Part::whole &&
                      (options_.overwrite == Overwrite::always || options_.overwrite == Overwrite::if_older) &&
                      (!metadata_.is_applied(*existing, os::extended_attributes(*parent, entry.name), entry.metadata) ||
                       flags_differ(*parent, entry));
    report_({sets ? Action::replace : Action::unchanged, path, &entry, false});
    return Folder::State::merged;
}

bool Rehearsal::consider(const std::optional<os::Directory>& directory, const std::string& path,
                         const repository::Entry& entry) {
    tally_.throw_if_interrupted();
    try {
        const auto finding = directory ? judge_.judge(*directory, entry.name, entry) : Finding{};
        const bool is_folder = finding.existing && finding.existing->type == os::FileType::directory;
        const bool is_in_the_way =
            finding.action == Action::replace && is_folder && !directory->open_directory(entry.name).entries().empty();
        if (is_in_the_way && options_.deletion == Deletion::none)
            throw Error(ErrorCode::failed, "a folder that is not empty stands in its place");
        const bool sets_flags =
            finding.gets_flags && finding.flags && MetadataApplier::differ(*finding.flags, entry.metadata);
        report_({sets_flags ? Action::replace : finding.action, path, &entry, finding.is_newer});
        return is_in_the_way;
    } catch (const Error& error) {
        count_failure(tally_, error, path);
        return false;
    }
}

void Rehearsal::sweep() {
    if (options_.deletion == Deletion::none || !sweeper_->is_permitted()) return;
    for (const auto& [index, name] : obstructed_)
        if (const auto directory = open(index))
            sweeper_->remove(*directory, name, tree_->position_of(folders_[index].node), shown(index, name));
    for (auto index = folders_.size(); index-- > 0;) {
        const auto& folder = folders_[index];
        if (folder.state != Folder::State::merged || folder.part != ChosenTree::Part::whole) continue;
        try {
            if (const auto directory = open(index)) sweeper_->sweep(*directory, folder.node, shown(index));
        } catch (const Error& error) {
            count_failure(tally_, error, shown(index));
        }
    }
}

std::optional<os::Directory> Rehearsal::open(std::size_t index) const {
    if (folders_[index].state != Folder::State::merged) return std::nullopt;
    return target_->open_below(folders_.path(index));
}

std::string Rehearsal::shown(std::size_t folder, const std::string& name) const {
    return shown_path(options_, folders_.path(folder) + name);
}

}  // namespace kist::restore
