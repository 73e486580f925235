#include "kist/selection/selection.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "selection/default_rules.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::selection {
namespace {

constexpr std::size_t kLargestFile = 1U << 20U;
constexpr unsigned kDeepestMerge = 10;

std::vector<PathPattern::Progress> begin(const Rule& rule) {
    std::vector<PathPattern::Progress> progress;
    for (const auto& pattern : rule.alternatives)
        progress.push_back(pattern.is_for_names() ? PathPattern::Progress() : pattern.begin());
    return progress;
}

void follow(const Rule& rule, std::vector<PathPattern::Progress>& progress, std::string_view name) {
    for (std::size_t i = 0; i < progress.size(); ++i)
        if (!progress[i].empty()) progress[i] = rule.alternatives[i].follow(progress[i], name);
}

bool fits(const PathPattern& pattern, const PathPattern::Progress& progress, std::string_view name, bool is_directory) {
    if (pattern.is_for_directories_only() && !is_directory) return false;
    if (pattern.is_for_names()) return pattern.matches_name(name);
    if (pattern.last_name() && *pattern.last_name() != name) return false;
    return pattern.may_match_below(progress) && pattern.is_match(pattern.follow(progress, name), is_directory);
}

bool fits(const Rule& rule, const std::vector<PathPattern::Progress>& progress, std::string_view name,
          bool is_directory) {
    for (std::size_t i = 0; i < rule.alternatives.size(); ++i)
        if (fits(rule.alternatives[i], progress[i], name, is_directory)) return !rule.is_negated;
    return rule.is_negated;
}

// visit(line, number): lines that say something.
template <typename Visit>
void each_line(std::string_view content, Visit visit) {
    for (std::size_t number = 1; !content.empty(); ++number) {
        const auto end = std::min(content.find('\n'), content.size());
        auto line = content.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        content.remove_prefix(std::min(end + 1, content.size()));
        if (!line.empty() && line.front() != '#' && line.front() != ';') visit(line, number);
    }
}

std::string read_input() {
    std::string content;
    std::array<std::byte, 4096> buffer{};
    while (const auto got = os::read_some(STDIN_FILENO, buffer, "standard input")) {
        content.append(reinterpret_cast<const char*>(buffer.data()), got);
        if (content.size() > kLargestFile)
            throw Error(ErrorCode::usage, "the rules on standard input are longer than 1 MiB");
    }
    return content;
}

// What a line of a file says where each is a pattern: rsync lets "+ " and "- " at its beginning turn the verdict.
Rule rule_of_pattern(Verdict verdict, std::string_view line, const std::string& origin) {
    if (line.starts_with("- ") || line.starts_with("+ ")) return *parse_filter(line, origin).rule;
    return make_rule(verdict, line, origin);
}

// Of a file in a folder: its rules, and whether those of the folders above do not count.
struct ReadRules {
    std::vector<Rule> rules;
    bool is_clear = false;
};

ReadRules read_folder_rules(const FolderRules& place, std::string_view content, const std::string& path) {
    ReadRules read;
    each_line(content, [&](std::string_view line, std::size_t number) {
        const auto origin = fmt::format("{}:{}", path, number);
        if (place.only && !(place.may_turn && line == "!"))
            return read.rules.push_back(place.may_turn ? rule_of_pattern(*place.only, line, origin)
                                                       : make_rule(*place.only, line, origin));
        auto parsed = parse_filter(line, origin);
        if (parsed.is_clear) {
            read.rules.clear();
            read.is_clear = true;
        } else if (parsed.rule) {
            read.rules.push_back(std::move(*parsed.rule));
        } else {
            throw Error(ErrorCode::usage,
                        fmt::format("{}: {} takes in another file", os::printable(origin), os::printable(line)),
                        "The files with rules that stand in folders hold patterns only.");
        }
    });
    return read;
}

}  // namespace

void Selection::add(Verdict verdict, std::string_view pattern, const std::string& origin) {
    if (pattern == "!") return items_.clear();
    items_.emplace_back(rule_of_pattern(verdict, pattern, origin));
}

void Selection::add_filter(std::string_view line, const std::string& origin) {
    auto parsed = parse_filter(line, origin);
    if (parsed.is_clear) return items_.clear();
    if (parsed.rule) return static_cast<void>(items_.emplace_back(std::move(*parsed.rule)));
    if (parsed.in_folders) {
        if (parsed.in_folders->is_left_out)
            items_.emplace_back(make_rule(Verdict::exclude, parsed.in_folders->file_name, origin));
        return add_folder_rules(std::move(*parsed.in_folders));
    }
    merge(parsed);
}

void Selection::merge(const FilterLine& line) {
    if (merging_ == kDeepestMerge)
        throw Error(ErrorCode::usage, "files of rules merge each other without an end: " + os::printable(*line.merged));
    ++merging_;
    add_lines(os::read_small_file(*line.merged, kLargestFile), line.merged_only, *line.merged);
    --merging_;
}

void Selection::add_lines(std::string_view content, const std::optional<Verdict>& only, const std::string& path) {
    each_line(content, [&](std::string_view line, std::size_t number) {
        const auto origin = fmt::format("{}:{}", path, number);
        only ? static_cast<void>(items_.emplace_back(make_rule(*only, line, origin))) : add_filter(line, origin);
    });
}

void Selection::add_file(Verdict verdict, const std::string& path) {
    const auto content = path == "-" ? read_input() : os::read_small_file(path, kLargestFile);
    const std::string shown = path == "-" ? "standard input" : path;
    each_line(content, [&](std::string_view line, std::size_t number) {
        add(verdict, line, fmt::format("{}:{}", shown, number));
    });
}

void Selection::add_folder_rules(FolderRules rules) {
    const auto same = [&](const Item& item) {
        return item.in_folders && item.in_folders->file_name == rules.file_name;
    };
    if (std::ranges::none_of(items_, same)) items_.emplace_back(std::move(rules));
}

void Selection::add_defaults() {
    add_folder_rules({std::string(kIgnoreFile), Verdict::exclude, true, true, false});
    for (const auto* line : kDefaultRules) add_filter(line, "built in");
}

std::vector<const Rule*> Selection::rules() const {
    std::vector<const Rule*> rules;
    for (const auto& item : items_)
        if (item.rule) rules.push_back(&*item.rule);
    return rules;
}

std::vector<std::string> Selection::file_names() const {
    std::vector<std::string> names;
    for (const auto& item : items_)
        if (item.in_folders) names.push_back(item.in_folders->file_name);
    return names;
}

Folder Selection::root() const {
    Folder folder;
    for (const auto& item : items_) {
        folder.progress_.push_back(item.rule ? begin(*item.rule) : Folder::Progress());
        if (item.in_folders) folder.read_.emplace_back();
    }
    return folder;
}

Folder Selection::enter(const Folder& parent, std::string_view name) const {
    Folder folder = parent;
    std::size_t place = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
        if (items_[i].rule) {
            follow(*items_[i].rule, folder.progress_[i], name);
            continue;
        }
        auto& files = folder.read_[place++];
        if (!items_[i].in_folders->is_inherited) files.clear();
        for (auto& file : files)
            for (std::size_t rule = 0; rule < file.progress.size(); ++rule)
                follow((*file.rules)[rule], file.progress[rule], name);
    }
    if (place > 0) folder.names_.emplace_back(name);
    return folder;
}

void Selection::read_rules(Folder& folder, std::string_view file_name, std::string_view content,
                           const std::string& path) const {
    std::size_t place = 0;
    for (const auto& item : items_) {
        if (!item.in_folders) continue;
        auto& files = folder.read_[place++];
        if (item.in_folders->file_name != file_name) continue;
        auto read = read_folder_rules(*item.in_folders, content, path);
        Folder::Read file{std::make_shared<const std::vector<Rule>>(std::move(read.rules)), {}};
        for (const auto& rule : *file.rules) {
            file.progress.push_back(begin(rule));
            // A slash at a pattern's beginning means this folder; one without it may begin further up.
            for (std::size_t i = 0; i < rule.alternatives.size(); ++i)
                if (!rule.alternatives[i].is_anchored() && !file.progress.back()[i].empty())
                    for (const auto& name : folder.names_)
                        file.progress.back()[i] = rule.alternatives[i].follow(file.progress.back()[i], name);
        }
        if (read.is_clear) files.clear();
        files.insert(files.begin(), std::move(file));
    }
}

const Rule* Selection::find(const Folder& folder, std::string_view name, bool is_directory) const {
    std::size_t place = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
        if (items_[i].rule) {
            if (fits(*items_[i].rule, folder.progress_[i], name, is_directory)) return &*items_[i].rule;
            continue;
        }
        for (const auto& file : folder.read_[place++])
            for (std::size_t rule = 0; rule < file.progress.size(); ++rule)
                if (fits((*file.rules)[rule], file.progress[rule], name, is_directory)) return &(*file.rules)[rule];
    }
    return nullptr;
}

}  // namespace kist::selection
