#include "cli/search_options.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/snapshot_name.hpp"

#include "cli/size_option.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using os::FileType;

constexpr std::array<std::pair<char, FileType>, 7> kTypeLetters{{{'f', FileType::regular},
                                                                 {'d', FileType::directory},
                                                                 {'l', FileType::symlink},
                                                                 {'p', FileType::fifo},
                                                                 {'s', FileType::socket},
                                                                 {'c', FileType::character_device},
                                                                 {'b', FileType::block_device}}};

Timestamp time_of(const char* option, const std::string& text, Timestamp now) {
    const auto time = repository::parse_time(text, now);
    if (!time)
        throw Error(ErrorCode::usage, fmt::format("{} {} is no date", option, os::printable(text)),
                    "Dates look like 2026-11-20, \"2026-11-20 14:30\", yesterday or \"3 days ago\".");
    return *time;
}

}  // namespace

void SearchOptions::declare(Options& options) {
    options.arguments("GLOB", globs_, "Names (`*.odt`) or paths (`/home/*/notes`, `Mail/**/cur/`); any of them",
                      Presence::optional);
    options.text("--regex", "REGEX", regex_, "Absolute paths in which this is found");
    options.texts("--size", "[+-]SIZE", sizes_, "Files larger (+10M), smaller (-1k) or of just this size; repeatable");
    options.text("--newer", "DATE", newer_, "Modified after that");
    options.text("--older", "DATE", older_, "Not modified after that");
    options.text("--type", "LETTERS", types_, "f file, d folder, l symlink, p fifo, s socket, c and b devices");
    options.text("--snapshot", "SNAPSHOT", in_snapshot_, "Only what this snapshot holds");
    options.text("--changed-in", "SNAPSHOT", changed_in_,
                 "Files that are new in it, or have another content than in the one before");
}

void SearchOptions::put_sizes(look::Wanted& wanted) const {
    for (const auto& text : sizes_) {
        const bool is_range = text.starts_with('+') || text.starts_with('-');
        const auto size = parse_size("--size", is_range ? text.substr(1) : text).value;
        if (text.starts_with('-') && size == 0) throw Error(ErrorCode::usage, "no file is smaller than nothing");
        if (!text.starts_with('-')) wanted.smallest = std::max(wanted.smallest.value_or(0), size + (is_range ? 1 : 0));
        if (!text.starts_with('+')) wanted.largest = std::min(wanted.largest.value_or(size), size - (is_range ? 1 : 0));
    }
}

void SearchOptions::put_types(look::Wanted& wanted) const {
    for (const char letter : types_) {
        if (letter == ',') continue;
        const auto type = std::ranges::find(kTypeLetters, letter, &std::pair<char, FileType>::first);
        if (type == kTypeLetters.end())
            throw Error(ErrorCode::usage, fmt::format("--type {}: no type has this letter", os::printable(types_)),
                        "Types are f, d, l, p, s, c and b, as in find(1).");
        wanted.types.push_back(type->second);
    }
}

look::Wanted SearchOptions::wanted(repository::Catalog& catalog, const SnapshotFilter& filter, Timestamp now) const {
    look::Wanted wanted;
    for (const auto& glob : globs_) wanted.globs.emplace_back(glob);
    if (!regex_.empty()) wanted.regex.emplace(regex_);
    put_sizes(wanted);
    put_types(wanted);
    if (!newer_.empty()) wanted.after = time_of("--newer", newer_, now);
    if (!older_.empty()) wanted.until = time_of("--older", older_, now);
    if (!in_snapshot_.empty()) wanted.in_snapshot = choose_snapshot(catalog, in_snapshot_, filter, now).snapshot.number;
    if (!changed_in_.empty()) wanted.changed_in = choose_snapshot(catalog, changed_in_, filter, now).snapshot.number;
    return wanted;
}

}  // namespace kist::cli
