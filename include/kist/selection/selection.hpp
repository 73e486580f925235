#pragma once
// What of a source is backed up: rules in their order, of which the first that fits decides, as rsync's do
// (rsync(1), "FILTER RULES"). What none fits is included. A folder that is excluded is not entered.
//
// A Selection is built once and not changed then; it may be used by many threads. A walk goes down with a Folder, which
// knows how far the patterns have come on the way to it.

#include "kist/selection/rule.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::selection {

class Folder;

class Selection {
  public:
    // Rules count in the order in which they are added. Errors of all: usage; of files also what reading them throws.
    void add(Verdict verdict, std::string_view pattern, const std::string& origin);  // also "+ PATTERN", "- PATTERN"
    void add_filter(std::string_view line, const std::string& origin);
    // A line is a pattern; blank lines and those that begin with `;` or `#` do not count. "-": standard input.
    void add_file(Verdict verdict, const std::string& path);
    // .kistignore in any folder, then what is built in: caches and waste paper baskets.
    void add_defaults();
    void add_folder_rules(FolderRules rules);  // of files of one name the first place counts

    bool is_everything() const { return items_.empty(); }
    // Every rule that stands by itself, in order, for people.
    std::vector<const Rule*> rules() const;

    // The names of files with rules, as they may stand in any folder.
    std::vector<std::string> file_names() const;

    Folder root() const;  // of the source
    Folder enter(const Folder& parent, std::string_view name) const;
    // The content of a file with rules that stands in this folder. path: of the file, for people. Errors: usage, for a
    // rule that is none; the folder is then as it was.
    void read_rules(Folder& folder, std::string_view file_name, std::string_view content,
                    const std::string& path) const;

    // The first rule that fits this name in the folder; nullptr: there is none, so it is included. The rule lives as
    // long as the selection and the folder.
    const Rule* find(const Folder& folder, std::string_view name, bool is_directory) const;
    bool excludes(const Folder& folder, std::string_view name, bool is_directory) const {
        const auto* rule = is_everything() ? nullptr : find(folder, name, is_directory);
        return rule != nullptr && rule->verdict == Verdict::exclude;
    }

  private:
    // A rule, or a place where those of folders' files stand.
    struct Item {
        explicit Item(Rule its) : rule(std::move(its)) {}
        explicit Item(FolderRules its) : in_folders(std::move(its)) {}
        std::optional<Rule> rule;
        std::optional<FolderRules> in_folders;
    };

    void add_lines(std::string_view content, const std::optional<Verdict>& only, const std::string& path);
    void merge(const FilterLine& line);

    std::vector<Item> items_;
    unsigned merging_ = 0;
};

// How the rules stand at one folder. A value; cheap where no rule names a path of several names.
class Folder {
  public:
    Folder() = default;

  private:
    friend class Selection;
    using Progress = std::vector<PathPattern::Progress>;  // for each alternative; empty ones where names decide

    struct Read {
        std::shared_ptr<const std::vector<Rule>> rules;
        std::vector<Progress> progress;
    };

    std::vector<Progress> progress_;       // for each of the selection's items
    std::vector<std::vector<Read>> read_;  // for each place of folders' files: nearest first
    std::vector<std::string> names_;       // from the source's root to this folder; only where files can be read
};

}  // namespace kist::selection
