#include "cli/forget_report.hpp"

#include "kist/os/directory.hpp"

#include "cli/duration.hpp"
#include "cli/json_names.hpp"
#include "cli/occurrence_report.hpp"
#include "cli/table.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

void put_removed(Json& line, const repository::Removed& removed) {
    line["entries"] = removed.entries;
    line["contents"] = removed.contents;
    line["freed"] = removed.freed.value;
}

std::string range_of(const repository::Occurrence& occurrence) {
    return occurrence.first == occurrence.last ? std::to_string(occurrence.first)
                                               : fmt::format("{}-{}", occurrence.first, occurrence.last);
}

std::string forgotten_text(const repository::ForgetResult& result, repository::Rehearsal rehearsal) {
    const char* form = rehearsal == repository::Rehearsal::yes ? "Would forget {} ({}): {} in history would be free."
                                                               : "Forgot {} ({}): {} in history are free.";
    return fmt::format(fmt::runtime(form), snapshots_text(result.snapshots.size()), snapshot_list(result.snapshots),
                       to_string(result.freed));
}

std::vector<std::string> lost_lines(const repository::ForgetResult& result) {
    std::vector<std::string> lines;
    for (const auto& lost : result.lost)
        lines.push_back(fmt::format("an older version was lost: {} is damaged", os::printable(lost)));
    return lines;
}

std::string purged_text(const repository::PurgeResult& result, repository::Rehearsal rehearsal) {
    const char* form = rehearsal == repository::Rehearsal::yes ? "Would take {} out of {}: {} in history would be free."
                                                               : "Took {} out of {}: {} in history are free.";
    const auto paths = fmt::format("{} path{}", result.path_count, result.path_count == 1 ? "" : "s");
    return fmt::format(fmt::runtime(form), paths, snapshots_text(result.snapshots), to_string(result.freed));
}

}  // namespace

ExitCode print_forgotten(Context& context, const char* type, const repository::ForgetResult& result,
                         repository::Rehearsal rehearsal) {
    for (const auto& lost : lost_lines(result)) context.console.error(lost);
    if (context.json()) {
        Json line{{"type", type}, {"dry_run", rehearsal == repository::Rehearsal::yes}, {"snapshots", Json::array()}};
        for (const auto& snapshot : result.snapshots) line["snapshots"].push_back(snapshot.number);
        put_removed(line, result);
        context.output.json(line);
    } else {
        context.output.line(forgotten_text(result, rehearsal));
    }
    return result.lost.empty() ? ExitCode::done : ExitCode::incomplete;
}

void tell(notify::PartNews& news, const repository::ForgetResult& result) {
    news.done = forgotten_text(result, repository::Rehearsal::no);
    news.examples = lost_lines(result);
    news.damaged = news.examples.size();
}

void print_purged(Context& context, const repository::PurgeResult& result, repository::Rehearsal rehearsal) {
    if (context.json()) {
        Json line{{"type", "purge"}, {"dry_run", rehearsal == repository::Rehearsal::yes}, {"paths", Json::array()}};
        for (const auto& occurrence : result.paths) line["paths"].push_back(json_of(occurrence));
        line["path_count"] = result.path_count;
        line["snapshots"] = result.snapshots;
        put_removed(line, result);
        return context.output.json(line);
    }
    Table table({{"SNAPSHOTS"}, {"PATH"}});
    for (const auto& occurrence : result.paths) table.add({range_of(occurrence), os::printable(occurrence.path)});
    for (const auto& line : table.lines()) context.output.line(line);
    if (result.path_count > result.paths.size())
        context.output.line(fmt::format("and {} more", result.path_count - result.paths.size()));
    context.output.line(purged_text(result, rehearsal));
}

void tell(notify::PartNews& news, const repository::PurgeResult& result) {
    news.done = purged_text(result, repository::Rehearsal::no);
}

std::string snapshots_text(std::size_t count) {
    return fmt::format("{} snapshot{}", count, count == 1 ? "" : "s");
}

std::string snapshot_list(const std::vector<repository::Snapshot>& snapshots) {
    std::string list;
    for (const auto& snapshot : snapshots)
        list += fmt::format("{}{} of {}", list.empty() ? "" : ", ", snapshot.number, local_time(snapshot.time));
    return list;
}

}  // namespace kist::cli
