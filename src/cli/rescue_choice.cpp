#include "cli/rescue_choice.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/duration.hpp"
#include "cli/json_names.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr int kTries = 3;

// PATH, HOST:PATH, or the source's name.
bool is_called(const repository::Source& source, const std::string& text) {
    return text == source.path || text == source.host + ":" + source.path || (!text.empty() && text == source.name);
}

std::optional<std::size_t> parse_position(std::string_view text, std::size_t count) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > count) return std::nullopt;
    return number - 1;
}

std::vector<SourceHealth> ask(const std::vector<SourceHealth>& known) {
    for (int left = kTries; left > 0; --left) {
        const auto answer = ask_line("Which of them? Numbers such as 1 3-4, or all (nothing: none)");
        if (answer.empty()) break;
        const auto positions = parse_positions(answer, known.size());
        if (!positions) continue;
        std::vector<SourceHealth> chosen;
        for (const auto position : *positions) chosen.push_back(known[position]);
        return chosen;
    }
    throw Error(ErrorCode::interrupted, "nothing was chosen, and nothing restored");
}

}  // namespace

std::optional<std::vector<std::size_t>> parse_positions(std::string_view text, std::size_t count) {
    std::set<std::size_t> positions;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(" ,\t"), text.size());
        const auto word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        const auto dash = word.find('-');
        const auto from = word == "all" ? (count > 0 ? std::optional<std::size_t>(0) : std::nullopt)
                                        : parse_position(word.substr(0, dash), count);
        const auto to = word == "all"
                            ? count - 1
                            : (dash == std::string_view::npos ? from : parse_position(word.substr(dash + 1), count));
        if (!from || !to || *to < *from) return std::nullopt;
        for (auto position = *from; position <= *to; ++position) positions.insert(position);
    }
    if (positions.empty()) return std::nullopt;
    return std::vector(positions.begin(), positions.end());
}

void RescueChoice::declare(Options& options) {
    options.flag("--all", all_, "Restore every source");
    options.texts("--source", "SOURCE", sources_, "Restore this one: its path, HOST:PATH or name (may be repeated)");
    options.text("--host", "HOST", host_, "Only sources of this machine");
}

std::vector<SourceHealth> RescueChoice::possible(const std::vector<SourceHealth>& known) const {
    if (host_.empty()) return known;
    std::vector<SourceHealth> found;
    std::ranges::copy_if(known, std::back_inserter(found), [&](const auto& its) { return its.source.host == host_; });
    if (found.empty())
        throw Error(ErrorCode::not_found, fmt::format("there are no backups of a machine {}", os::printable(host_)),
                    "Leave --host out to see what there is.");
    return found;
}

std::vector<SourceHealth> RescueChoice::choose(const std::vector<SourceHealth>& possible) const {
    if (all_) return possible;
    if (sources_.empty()) {
        if (!can_ask())
            throw Error(ErrorCode::usage, "there is no terminal to ask what is to be restored",
                        "Give --all, or --source PATH for each.");
        return ask(possible);
    }
    std::vector<SourceHealth> chosen;
    std::ranges::copy_if(possible, std::back_inserter(chosen), [&](const auto& its) {
        return std::ranges::any_of(sources_, [&](const auto& text) { return is_called(its.source, text); });
    });
    for (const auto& text : sources_)
        if (std::ranges::none_of(chosen, [&](const auto& its) { return is_called(its.source, text); }))
            throw Error(ErrorCode::not_found, fmt::format("there is no backup of {}", os::printable(text)),
                        "Leave --source out to see what there is.");
    return chosen;
}

void print_rescue_list(Context& context, const std::vector<SourceHealth>& known) {
    Table table({{"#", Align::right},
                 {"HOST"},
                 {"SOURCE"},
                 {"NEWEST BACKUP"},
                 {"FILES", Align::right},
                 {"SIZE", Align::right},
                 {"SKIPPED", Align::right}});
    std::size_t number = 0;
    for (const auto& [source, last, snapshots] : known) {
        ++number;
        if (context.json()) {
            Json line{{"type", "rescue-source"}, {"snapshot", last.number},   {"time", to_rfc3339(last.time)},
                      {"files", last.files},     {"bytes", last.bytes.value}, {"skipped", last.skipped},
                      {"snapshots", snapshots}};
            put_path(line, "host", source.host);
            put_path(line, "source", source.path);
            context.output.json(line);
        }
        table.add({std::to_string(number), os::printable(source.host), os::printable(source.path),
                   local_time(last.time), std::to_string(last.files), to_string(last.bytes),
                   last.skipped == 0 ? "" : std::to_string(last.skipped)});
    }
    if (context.json()) return;
    for (const auto& line : table.lines()) context.output.line(line);
    context.output.flush();  // a question may follow
}

}  // namespace kist::cli
