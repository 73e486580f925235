#include "restore/chosen_tree.hpp"

#include "kist/base/error.hpp"

#include <algorithm>

namespace kist::restore {
namespace {

// The names of a path, without what is empty or "." between slashes.
std::vector<std::string> names_of(std::string_view path) {
    std::vector<std::string> names;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto name = path.substr(0, slash);
        if (!name.empty() && name != ".") names.emplace_back(name);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return names;
}

std::vector<PathPattern::Progress> advance(const std::vector<PathPattern>& patterns,
                                           const std::vector<PathPattern::Progress>& progress,
                                           const std::string& name) {
    std::vector<PathPattern::Progress> next;
    for (std::size_t i = 0; i < patterns.size(); ++i) next.push_back(patterns[i].follow(progress[i], name));
    return next;
}

bool any_match(const std::vector<PathPattern>& patterns, const std::vector<PathPattern::Progress>& progress,
               bool is_directory) {
    for (std::size_t i = 0; i < patterns.size(); ++i)
        if (patterns[i].is_match(progress[i], is_directory)) return true;
    return false;
}

}  // namespace

// A tree of the names that were listed.
struct ChosenTree::Listed {
    std::map<std::string, Listed> below;
    bool is_named = false;
    mutable bool is_found = false;
};

ChosenTree::ChosenTree(const RestoreOptions& options, repository::Catalog& catalog, const repository::Entry& root)
    : options_(options), is_everything_(options.choice.is_everything()) {
    if (is_everything_) {
        totals_ = options.progress != nullptr ? catalog.totals(options.snapshot, *root.node) : repository::Totals{};
        return;
    }
    read_names();
    auto position = begin();
    const auto part = chosen(position) ? Part::whole : Part::none;
    folders_.emplace(*root.node, Folder{std::move(position), 0, part});
    walk(catalog, *root.node);
}

ChosenTree::~ChosenTree() = default;

void ChosenTree::read_names() {
    if (!options_.choice.files) return;
    names_ = std::make_unique<Listed>();
    for (const auto& path : *options_.choice.files) {
        auto* at = names_.get();
        for (const auto& name : names_of(path)) at = &at->below[name];
        at->is_named = true;
    }
    names_->is_found = true;
}

// At PATH itself.
ChosenTree::Position ChosenTree::begin() const {
    const auto& [only, exclude, files] = options_.choice;
    Position position;
    for (const auto& pattern : only) position.only.push_back(pattern.begin());
    for (const auto& pattern : exclude) position.exclude.push_back(pattern.begin());
    position.is_inside_only = only.empty();
    position.listed = names_.get();
    position.is_inside_listed = !files || names_->is_named;
    for (const auto& name : names_of(options_.path)) {
        position.only = advance(only, position.only, name);
        position.exclude = advance(exclude, position.exclude, name);
        position.is_inside_only = position.is_inside_only || any_match(only, position.only, true);
    }
    return position;
}

ChosenTree::Position ChosenTree::follow(const Position& position, const std::string& name, bool is_directory) const {
    if (is_everything_) return {};
    const auto& [only, exclude, files] = options_.choice;
    auto next = position;
    next.only = advance(only, position.only, name);
    next.exclude = advance(exclude, position.exclude, name);
    next.is_inside_only = position.is_inside_only || any_match(only, next.only, is_directory);
    next.is_excluded = position.is_excluded || any_match(exclude, next.exclude, is_directory);
    if (position.listed != nullptr) {
        const auto found = position.listed->below.find(name);
        next.listed = found != position.listed->below.end() ? &found->second : nullptr;
        next.is_inside_listed = position.is_inside_listed || (next.listed != nullptr && next.listed->is_named);
    }
    return next;
}

bool ChosenTree::chosen(const Position& position) {
    return position.is_inside_only && position.is_inside_listed && !position.is_excluded;
}

bool ChosenTree::may_choose_below(const Position& position) const {
    if (position.is_excluded) return false;
    const bool listed = position.is_inside_listed || (position.listed != nullptr && !position.listed->below.empty());
    if (!listed || position.is_inside_only) return listed;
    for (std::size_t i = 0; i < position.only.size(); ++i)
        if (options_.choice.only[i].may_match_below(position.only[i])) return true;
    return false;
}

void ChosenTree::walk(repository::Catalog& catalog, repository::NodeId root) {
    std::vector<repository::NodeId> pending{root};
    while (!pending.empty()) {
        const auto directory = pending.back();
        pending.pop_back();
        if (options_.interrupt != nullptr && *options_.interrupt)
            throw Error(ErrorCode::interrupted, "the restore was interrupted");
        try {
            catalog.list(options_.snapshot, directory,
                         [&](repository::Entry&& entry) { visit(directory, std::move(entry), pending); });
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            mark_way(directory);  // so that the restore comes here, and says so
        }
    }
}

void ChosenTree::visit(repository::NodeId directory, repository::Entry&& entry,
                       std::vector<repository::NodeId>& below) {
    const bool is_directory = entry.metadata.type == os::FileType::directory;
    auto position = follow(folders_.at(directory).position, entry.name, is_directory);
    if (position.listed != nullptr && position.listed->is_named) position.listed->is_found = true;
    const bool is_chosen = chosen(position);
    if (is_chosen) mark_way(directory);
    if (is_chosen && entry.metadata.type == os::FileType::regular) {
        ++totals_.files;
        totals_.bytes += ByteCount{entry.metadata.size};
    }
    if (!is_directory || (!is_chosen && !may_choose_below(position))) return;
    const auto part = is_chosen ? Part::whole : Part::none;
    if (folders_.try_emplace(*entry.node, Folder{std::move(position), directory, part}).second)
        below.push_back(*entry.node);
}

void ChosenTree::mark_way(repository::NodeId directory) {
    for (auto found = folders_.find(directory); found != folders_.end() && found->second.part == Part::none;
         found = folders_.find(found->second.parent))
        found->second.part = Part::way;
}

ChosenTree::Part ChosenTree::part_of(const repository::Entry& directory) const {
    if (is_everything_) return Part::whole;
    const auto found = folders_.find(*directory.node);
    return found != folders_.end() ? found->second.part : Part::none;
}

bool ChosenTree::holds(repository::NodeId directory, const repository::Entry& entry) const {
    return is_everything_ || chosen(follow(position_of(directory), entry.name, false));
}

ChosenTree::Position ChosenTree::position_of(repository::NodeId directory) const {
    const auto found = folders_.find(directory);
    return found != folders_.end() ? found->second.position : Position{};
}

std::vector<std::string> ChosenTree::missing() const {
    std::vector<std::string> missing;
    if (!names_) return missing;
    for (const auto& path : *options_.choice.files) {
        const auto* at = names_.get();
        for (const auto& name : names_of(path)) at = &at->below.at(name);
        if (!at->is_found) missing.push_back(path);
    }
    return missing;
}

}  // namespace kist::restore
