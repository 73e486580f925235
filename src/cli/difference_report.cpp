#include "cli/difference_report.hpp"

#include "kist/base/byte_count.hpp"
#include "kist/os/directory.hpp"

#include "cli/colour.hpp"
#include "cli/entry_text.hpp"
#include "cli/json_names.hpp"
#include "cli/table.hpp"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

using look::Change;
using look::Difference;
using repository::Entry;

const Entry& shown_entry(const Difference& difference) {
    return difference.after ? *difference.after : *difference.before;
}

bool is_directory(const Entry& entry) {
    return entry.metadata.type == os::FileType::directory;
}

std::uint64_t size_of(const std::optional<Entry>& entry) {
    return entry && entry->metadata.type == os::FileType::regular ? entry->metadata.size : 0;
}

const char* change_text(Change change) {
    switch (change) {
        case Change::added:
            return "added";
        case Change::removed:
            return "removed";
        case Change::changed:
            return "changed";
        case Change::renamed:
            return "renamed";
    }
    return "unknown";
}

Colour colour_of(Change change) {
    switch (change) {
        case Change::added:
            return Colour::green;
        case Change::removed:
            return Colour::red;
        case Change::changed:
            return Colour::none;
        case Change::renamed:
            return Colour::yellow;
    }
    return Colour::none;
}

char letter_of(const Difference& difference) {
    switch (difference.change) {
        case Change::added:
            return 'A';
        case Change::removed:
            return 'D';
        case Change::changed:
            return difference.what.content ? 'M' : 'm';
        case Change::renamed:
            return 'R';
    }
    return '?';
}

std::string shown_path(const std::string& path, const Entry& entry) {
    return os::printable(path) + (is_directory(entry) && !path.ends_with('/') ? "/" : "");
}

void print_json(Context& context, const Difference& difference) {
    Json line = entry_json(shown_entry(difference), difference.path());
    line["type"] = "difference";
    line["change"] = change_text(difference.change);
    if (!difference.path_before.empty() && !difference.path_after.empty()) {
        line["changed"] = difference.what.words();
        if (difference.path_before != difference.path_after) put_path(line, "path_before", difference.path_before);
        if (difference.before->metadata.type == os::FileType::regular) line["size_before"] = size_of(difference.before);
    }
    context.output.json(line);
}

void print_line(Context& context, const Difference& difference) {
    auto path = shown_path(difference.path(), shown_entry(difference));
    if (difference.change == Change::renamed)
        path = shown_path(difference.path_before, *difference.before) + " -> " + path;
    const auto words = difference.what.words();
    const auto line = fmt::format("{}  {}{}", letter_of(difference), path,
                                  words.empty() ? "" : fmt::format("  ({})", fmt::join(words, ", ")));
    context.output.line(coloured(context.output, colour_of(difference.change), line));
}

struct Totals {
    const char* name;
    std::uint64_t entries = 0;
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;
};

}  // namespace

void print_difference(Context& context, const Difference& difference) {
    if (context.json()) return print_json(context, difference);
    const bool says_little = difference.change == Change::changed && difference.what.only_time();
    if (!says_little || !is_directory(shown_entry(difference))) print_line(context, difference);
}

void print_totals(Context& context, const std::vector<Difference>& differences) {
    std::array<Totals, 5> all{{{"added"}, {"removed"}, {"content"}, {"metadata"}, {"renamed"}}};
    for (const auto& difference : differences) {
        const auto change = difference.change;
        auto& totals = all.at(change == Change::added     ? 0
                              : change == Change::removed ? 1
                              : change == Change::renamed ? 4
                              : difference.what.content   ? 2
                                                          : 3);
        ++totals.entries;
        totals.bytes_before += size_of(difference.before);
        totals.bytes_after += size_of(difference.after);
    }
    Json line{{"type", "difference-totals"}};
    Table table({{"CHANGE"}, {"ENTRIES", Align::right}, {"BEFORE", Align::right}, {"AFTER", Align::right}});
    for (const auto& totals : all) {
        line[totals.name] = {
            {"entries", totals.entries}, {"bytes_before", totals.bytes_before}, {"bytes_after", totals.bytes_after}};
        table.add({totals.name, std::to_string(totals.entries), to_string(ByteCount{totals.bytes_before}),
                   to_string(ByteCount{totals.bytes_after})});
    }
    if (context.json()) return context.output.json(line);
    for (const auto& text : table.lines()) context.output.line(text);
}

}  // namespace kist::cli
