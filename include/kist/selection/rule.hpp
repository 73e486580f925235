#pragma once
// One rule of what belongs to a backup, in rsync's words (rsync(1), "FILTER RULES"): a verdict and a pattern
// (kist/base/path_pattern.hpp) that is compared with paths below the source, or below the folder of the file that the
// rule stands in.

#include "kist/base/path_pattern.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::selection {

enum class Verdict : std::uint8_t { include, exclude };

struct Rule {
    Verdict verdict = Verdict::exclude;
    bool is_negated = false;  // `!`: it is for what the pattern does not match
    std::string pattern;      // as it was written
    std::string origin;       // for people: "--exclude", "/home/user/.kistignore:3", "built in"
    // Any of them; two where the pattern ends with `/***`, which means a folder and all that is in it.
    std::vector<PathPattern> alternatives;

    std::string text() const;  // "- *.o", "+! /src/"
};

// Errors: usage, with the origin, for what is no pattern.
Rule make_rule(Verdict verdict, std::string_view pattern, std::string origin);

// A file of rules in each folder that has one, for that folder and all below; nearer files come first.
struct FolderRules {
    std::string file_name;
    std::optional<Verdict> only;  // every line is a pattern, and this its verdict; else a line is a filter rule
    bool may_turn = false;        // with `only`: a line that begins with "+ " or "- " says its own verdict
    bool is_inherited = true;     // by the folders below
    bool is_left_out = false;     // the files themselves are not backed up
};

// What a line of filter rules says: `- PATTERN`, `+ PATTERN`, the long names `exclude` and `include` (also `hide` and
// `show`), with the modifier `!`; `: FILE` and `dir-merge` with the modifiers `-`, `+`, `n` and `e`; `. FILE` and
// `merge` with `-` and `+`; `!` or `clear`.
struct FilterLine {
    std::optional<Rule> rule;
    std::optional<FolderRules> in_folders;
    std::optional<std::string> merged;   // the file whose lines stand here
    std::optional<Verdict> merged_only;  // as FolderRules::only
    bool is_clear = false;               // what stood before it does not count
};

// Errors: usage, for all else that rsync knows and a backup has no use for, too.
FilterLine parse_filter(std::string_view line, const std::string& origin);

}  // namespace kist::selection
