#include "cli/selection_options.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/age_option.hpp"
#include "cli/configured_source.hpp"
#include "cli/name_list.hpp"
#include "cli/size_option.hpp"

namespace kist::cli {

using selection::Verdict;

void SelectionOptions::declare(Options& options) {
    options.in_order("--exclude", "PATTERN", rules_, "Leave out what matches; the first rule that fits decides");
    options.in_order("--include", "PATTERN", rules_, "Back up what matches, though a later rule leaves it out");
    options.in_order("-f,--filter", "RULE", rules_, "A rule in rsync's words: `- *.o`, `+ /src/`, `: .rules`");
    options.in_order("--exclude-from", "FILE", rules_, "Patterns to leave out, one a line (`-`: standard input)");
    options.in_order("--include-from", "FILE", rules_, "Patterns to back up, one a line");
    options.flag("--no-default-excludes", no_defaults_,
                 "Also caches, waste paper baskets and what .kistignore files leave out, and /proc and its like");
    options.flag("-x,--one-file-system", one_filesystem_, "Do not go into other filesystems");
    options.flag("--exclude-caches", no_caches_, "Of folders with a CACHEDIR.TAG only that");
    options.flag("--exclude-nodump", no_nodump_, "Leave out what `chattr +d` has marked");
    options.texts("--exclude-if-present", "NAME", tags_,
                  "Of folders that hold something of this name only that. May be given again");
    options.text("--max-size", "SIZE", largest_, "Leave larger files out");
    options.text("--min-size", "SIZE", smallest_, "Leave smaller files out");
    options.text("--newer-than", "AGE|DATE", newer_than_, "Only files changed since: 30d, 1y6m, 2026-11-20");
    options.text("--older-than", "AGE|DATE", older_than_, "Only files not changed since");
    options.text("--files-from", "FILE", files_from_,
                 "Only the files and folders listed in FILE, by names below SOURCE (-: standard input)");
    options.flag("-0,--from0", from0_, "The names in FILE end with NUL, not with newlines");
}

selection::Selection SelectionOptions::given() const {
    selection::Selection selection;
    for (const auto& [option, value] : rules_) {
        if (option == "--filter")
            selection.add_filter(value, option);
        else if (option == "--exclude-from" || option == "--include-from")
            selection.add_file(option == "--exclude-from" ? Verdict::exclude : Verdict::include, value);
        else
            selection.add(option == "--exclude" ? Verdict::exclude : Verdict::include, value, option);
    }
    return selection;
}

selection::Selection SelectionOptions::selection(selection::Selection given, const config::Source* configured) const {
    auto selection = std::move(given);
    if (configured != nullptr) add_rules(*configured, selection);
    if (!no_defaults_ && (configured == nullptr || configured->default_excludes)) selection.add_defaults();
    return selection;
}

selection::Boundaries SelectionOptions::boundaries(const config::Source* configured, Timestamp now) const {
    selection::Boundaries boundaries;
    boundaries.one_filesystem = one_filesystem_;
    boundaries.no_pseudo_filesystems = !no_defaults_;
    boundaries.no_caches = no_caches_;
    boundaries.no_nodump = no_nodump_;
    boundaries.tags = tags_;
    for (const auto& tag : tags_)
        if (tag.empty() || tag.find('/') != std::string::npos)
            throw Error(ErrorCode::usage, "--exclude-if-present " + os::printable(tag) + " is no name");
    if (!smallest_.empty()) boundaries.smallest = parse_size("--min-size", smallest_);
    if (!largest_.empty()) boundaries.largest = parse_size("--max-size", largest_);
    if (!newer_than_.empty()) boundaries.newer_than = parse_age("--newer-than", newer_than_, now);
    if (!older_than_.empty()) boundaries.older_than = parse_age("--older-than", older_than_, now);
    if (configured != nullptr) add_boundaries(*configured, boundaries);
    return boundaries;
}

std::optional<backup::ListedName> SelectionOptions::listed() const {
    if (from0_ && files_from_.empty()) throw Error(ErrorCode::usage, "--from0 is for --files-from");
    if (files_from_.empty()) return std::nullopt;
    return backup::tree_of(read_name_list(files_from_, from0_ ? NameEnd::nul : NameEnd::newline));
}

}  // namespace kist::cli
