#include "cli/forget_report.hpp"

#include "cli/duration.hpp"
#include "cli/json_names.hpp"

#include <fmt/format.h>

namespace kist::cli {

void print_forgotten(Context& context, const char* type, const repository::ForgetResult& result,
                     repository::Rehearsal rehearsal) {
    const bool rehearsed = rehearsal == repository::Rehearsal::yes;
    if (!context.json()) {
        const char* form = rehearsed ? "Would forget {} ({}): {} in history would be free."
                                     : "Forgot {} ({}): {} in history are free.";
        return context.output.line(fmt::format(fmt::runtime(form), snapshots_text(result.snapshots.size()),
                                               snapshot_list(result.snapshots), to_string(result.freed)));
    }
    Json line{{"type", type}, {"dry_run", rehearsed}, {"snapshots", Json::array()}};
    for (const auto& snapshot : result.snapshots) line["snapshots"].push_back(snapshot.number);
    line["entries"] = result.entries;
    line["contents"] = result.contents;
    line["freed"] = result.freed.value;
    context.output.json(line);
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
