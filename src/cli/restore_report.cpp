#include "cli/restore_report.hpp"

#include "kist/os/directory.hpp"

#include "cli/duration.hpp"
#include "cli/json_names.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

Json json_of(const restore::Troubles& troubles) {
    auto list = Json::array();
    for (const auto& trouble : troubles.first) {
        Json object;
        put_path(object, "path", trouble.path);
        object["reason"] = trouble.reason;
        list.push_back(std::move(object));
    }
    return list;
}

void print_json(Context& context, const RestoreResult& result) {
    const auto& summary = result.summary;
    Json line{{"type", "restore"}, {"snapshot", result.snapshot}};
    put_path(line, "path", result.path);
    put_path(line, "target", result.target);
    line["files"] = summary.files;
    line["directories"] = summary.directories;
    line["others"] = summary.others;
    line["bytes"] = summary.bytes.value;
    line["kept"] = summary.kept;
    line["owners_refused"] = summary.owners_refused;
    line["attributes_refused"] = summary.attributes_refused;
    line["seconds"] = result.took.count();
    line["damaged"] = summary.damaged.count;
    line["failed"] = summary.failed.count;
    line["skipped"] = summary.skipped.count;
    line["damaged_entries"] = json_of(summary.damaged);
    line["failed_entries"] = json_of(summary.failed);
    line["skipped_entries"] = json_of(summary.skipped);
    context.output.json(line);
}

void print_text(Context& context, const RestoreResult& result) {
    if (context.options.verbosity == Verbosity::quiet) return;
    const auto& summary = result.summary;
    context.output.line(fmt::format("Restored {} of snapshot {} into {}", os::printable(result.path), result.snapshot,
                                    os::printable(result.target)));
    context.output.line(fmt::format("  {} files, {} folders, {} others; {} in {}", summary.files, summary.directories,
                                    summary.others, to_string(summary.bytes), to_text(result.took)));
    if (summary.kept > 0)
        context.output.line(fmt::format("  {} were there already and stayed as they are", summary.kept));
}

void print_troubles(Context& context, const char* what, const restore::Troubles& troubles) {
    for (const auto& trouble : troubles.first)
        context.console.error(fmt::format("{}: {}: {}", what, os::printable(trouble.path), trouble.reason));
    if (troubles.count > troubles.first.size())
        context.console.error(fmt::format("{}: {} more", what, troubles.count - troubles.first.size()));
}

void print_refusals(Context& context, const restore::RestoreSummary& summary) {
    if (summary.owners_refused > 0)
        context.console.error(
            fmt::format("{} entries belong to you now: only root may give them their owners", summary.owners_refused));
    if (summary.attributes_refused > 0)
        context.console.error(fmt::format("{} extended attributes could not be set here", summary.attributes_refused));
}

}  // namespace

bool RestoreResult::complete() const {
    return summary.damaged.count + summary.failed.count + summary.skipped.count + summary.owners_refused +
               summary.attributes_refused ==
           0;
}

void print(Context& context, const RestoreResult& result) {
    print_troubles(context, "damaged, not restored", result.summary.damaged);
    print_troubles(context, "not restored", result.summary.failed);
    print_troubles(context, "skipped", result.summary.skipped);
    print_refusals(context, result.summary);
    context.json() ? print_json(context, result) : print_text(context, result);
}

}  // namespace kist::cli
