#include "cli/selection_options.hpp"

#include "cli/configured_source.hpp"
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
    options.text("--max-size", "SIZE", largest_, "Leave larger files out");
    options.text("--min-size", "SIZE", smallest_, "Leave smaller files out");
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

backup::Boundaries SelectionOptions::boundaries(const config::Source* configured) const {
    backup::Boundaries boundaries;
    boundaries.one_filesystem = one_filesystem_;
    boundaries.no_pseudo_filesystems = !no_defaults_;
    boundaries.no_caches = no_caches_;
    if (!smallest_.empty()) boundaries.smallest = parse_size("--min-size", smallest_);
    if (!largest_.empty()) boundaries.largest = parse_size("--max-size", largest_);
    if (configured != nullptr) add_boundaries(*configured, boundaries);
    return boundaries;
}

}  // namespace kist::cli
