#pragma once
// The keys that [source.NAME] and [defaults] have in common.

#include "config/table_reader.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace kist::config {

// What paths in a file are relative to.
struct PathBase {
    std::string folder;  // of the file; absolute
    std::string home;    // of `~`; may be empty
};

// Absolute, without empty, `.` and trailing components. What cannot be one is noted: nullopt.
std::optional<std::string> resolve_path(const Text& path, const PathBase& base, TableReader& reader);

struct Settings {
    std::optional<Text> volume;
    std::vector<Rule> rules;
    std::optional<bool> default_excludes;
    std::optional<bool> one_filesystem;
    std::optional<bool> exclude_caches;
    std::optional<bool> exclude_nodump;
    std::vector<std::string> exclude_if_present;
    std::optional<ByteCount> smallest;
    std::optional<ByteCount> largest;
    std::vector<std::string> tags;
    std::optional<Retention> retention;
    std::optional<std::vector<Command>> before;
    std::optional<std::vector<Command>> after;
    std::optional<std::vector<Command>> on_failure;
    std::optional<std::chrono::seconds> hook_time;
    std::optional<SourceSnapshot> snapshot;
    std::optional<bool> sqlite_online;
};

Settings read_settings(TableReader& reader, const PathBase& base);

// What the source itself does not say comes from the defaults; rules, tags and exclude-if-present of both count, the
// source's first.
void apply(const Settings& own, const Settings& defaults, Source& source);

}  // namespace kist::config
