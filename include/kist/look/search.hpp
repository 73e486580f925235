#pragma once
// Names in all snapshots that fit a description.

#include "kist/base/path_pattern.hpp"
#include "kist/repository/timeline.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::look {

// A pattern as find(1)'s -regex has it, but in RE2's syntax (github.com/google/re2/wiki/Syntax) and found anywhere in
// an absolute path unless it is anchored. Bytes, not characters, are compared. Time is linear in the path's length, and
// memory bounded, whatever the pattern is.
class PathRegex {
  public:
    explicit PathRegex(const std::string& pattern);  // errors: usage
    PathRegex(PathRegex&&) noexcept;
    PathRegex& operator=(PathRegex&&) noexcept;
    ~PathRegex();

    bool matches(std::string_view path) const;

  private:
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
};

// A pattern of paths, with the part of it that the last name alone decides.
class PathGlob {
  public:
    explicit PathGlob(const std::string& pattern);  // errors: usage

    bool may_match_name(std::string_view name) const;
    bool matches(std::string_view path, bool is_directory) const;

  private:
    PathPattern pattern_;
    std::optional<PathPattern> name_;
};

// All of it has to fit one version of a name.
struct Wanted {
    std::vector<PathGlob> globs;  // any of them; none: every name
    std::optional<PathRegex> regex;
    std::vector<os::FileType> types;  // any of them; none: every type
    // Of regular files; ends included.
    std::optional<std::uint64_t> smallest;
    std::optional<std::uint64_t> largest;
    // When it was last modified.
    std::optional<Timestamp> after;
    std::optional<Timestamp> until;
    std::optional<repository::SnapshotNumber> in_snapshot;
    // Regular files with another content there than in their source's snapshot before, or that were not there before
    // under any name.
    std::optional<repository::SnapshotNumber> changed_in;
};

// A path, and an unbroken range of snapshots in which it stood and every version of it fits.
struct Hit {
    std::string path;  // absolute
    repository::Span span;
    repository::Entry newest;  // of its versions in the span
    std::size_t versions = 1;
};

// More hits than this are not put in order: they come as they are found, the names of one folder one after the other.
inline constexpr std::size_t kMostInOrder = 100'000;

// Calls visit() for what fits in these sources, by host and in the order of the paths' bytes, a path's ranges oldest
// first. What visit() throws ends the search. Errors: damaged, after everything sound was visited.
void search(repository::Catalog& catalog, const std::vector<repository::Source>& sources, const Wanted& wanted,
            const std::function<void(const repository::Timeline& timeline, Hit&& hit)>& visit);

}  // namespace kist::look
