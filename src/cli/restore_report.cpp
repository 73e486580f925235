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

void put_troubles(Json& line, const restore::RestoreSummary& summary) {
    line["not_deleted"] = summary.not_deleted;
    if (!summary.deletion_withheld.empty()) line["deletion_withheld"] = summary.deletion_withheld;
    line["damaged"] = summary.damaged.count;
    line["failed"] = summary.failed.count;
    line["skipped"] = summary.skipped.count;
    line["flags_refused"] = summary.flags_refused.count;
    line["damaged_entries"] = json_of(summary.damaged);
    line["failed_entries"] = json_of(summary.failed);
    line["skipped_entries"] = json_of(summary.skipped);
    line["flags_refused_entries"] = json_of(summary.flags_refused);
}

Json head_of(const RestoreResult& result) {
    Json line{{"type", result.preview ? "dry-run" : "restore"}, {"snapshot", result.snapshot}};
    put_path(line, "path", result.path);
    put_path(line, "target", result.target);
    return line;
}

void print_rehearsal_json(Context& context, const RestoreResult& result) {
    using restore::Action;
    auto line = head_of(result);
    for (const auto& [key, action] : {std::pair{"create", Action::create}, std::pair{"replace", Action::replace},
                                      std::pair{"unchanged", Action::unchanged}, std::pair{"keep", Action::keep},
                                      std::pair{"keep_both", Action::beside}, std::pair{"delete", Action::remove}})
        line[key] = result.preview->count(action);
    line["newer"] = result.preview->newer();
    put_troubles(line, result.summary);
    context.output.json(line);
}

void print_json(Context& context, const RestoreResult& result) {
    if (result.preview) return print_rehearsal_json(context, result);
    const auto& summary = result.summary;
    auto line = head_of(result);
    line["files"] = summary.files;
    line["directories"] = summary.directories;
    line["others"] = summary.others;
    line["bytes"] = summary.bytes.value;
    line["unchanged"] = summary.unchanged;
    line["kept"] = summary.kept;
    line["kept_both"] = summary.beside;
    line["deleted"] = summary.deleted;
    line["owners_refused"] = summary.owners_refused;
    line["attributes_refused"] = summary.attributes_refused;
    line["seconds"] = result.took.count();
    put_troubles(line, summary);
    context.output.json(line);
}

void print_text(Context& context, const RestoreResult& result) {
    if (context.options.verbosity == Verbosity::quiet) return;
    const auto& summary = result.summary;
    if (result.preview) {
        context.output.line(fmt::format(
            "Nothing was changed. In {}, against snapshot {}:", os::printable(result.target), result.snapshot));
        for (const auto& line : result.preview->lines(summary)) context.output.line(line);
        return;
    }
    context.output.line(fmt::format("Restored {} of snapshot {} into {}", os::printable(result.path), result.snapshot,
                                    os::printable(result.target)));
    context.output.line(fmt::format("  {} files, {} folders, {} others; {} in {}", summary.files, summary.directories,
                                    summary.others, to_string(summary.bytes), to_text(result.took)));
    if (summary.unchanged > 0) context.output.line(fmt::format("  {} were there already, just so", summary.unchanged));
    if (summary.kept > 0)
        context.output.line(fmt::format("  {} were there already and stayed as they are", summary.kept));
    if (summary.beside > 0)
        context.output.line(fmt::format("  {} of these stand beside what was there, as NAME.snapshot-{}",
                                        summary.beside, result.snapshot));
    if (summary.deleted > 0) context.output.line(fmt::format("  {} deleted", summary.deleted));
}

void print_troubles(Context& context, const char* what, const restore::Troubles& troubles) {
    for (const auto& trouble : troubles.first)
        context.console.error(fmt::format("{}: {}: {}", what, os::printable(trouble.path), trouble.reason));
    if (troubles.count > troubles.first.size())
        context.console.error(fmt::format("{}: {} more", what, troubles.count - troubles.first.size()));
}

void print_refusals(Context& context, const restore::RestoreSummary& summary) {
    if (!summary.deletion_withheld.empty())
        context.console.error(
            fmt::format("nothing was deleted: {} (--ignore-errors deletes nevertheless)", summary.deletion_withheld));
    if (summary.not_deleted > 0)
        context.console.error(fmt::format("not deleted, because of --max-delete: {} that the snapshot does not hold",
                                          summary.not_deleted));
    if (summary.owners_refused > 0)
        context.console.error(
            fmt::format("{} entries belong to you now: only root may give them their owners", summary.owners_refused));
    if (summary.attributes_refused > 0)
        context.console.error(fmt::format("{} extended attributes could not be set here", summary.attributes_refused));
}

}  // namespace

bool RestoreResult::complete() const {
    return summary.damaged.count + summary.failed.count + summary.skipped.count + summary.flags_refused.count +
                   summary.owners_refused + summary.attributes_refused + summary.not_deleted ==
               0 &&
           summary.deletion_withheld.empty();
}

void print(Context& context, const RestoreResult& result) {
    print_troubles(context, "damaged, not restored", result.summary.damaged);
    print_troubles(context, "not restored", result.summary.failed);
    print_troubles(context, "skipped", result.summary.skipped);
    print_troubles(context, "restored, but without chattr's attributes", result.summary.flags_refused);
    print_refusals(context, result.summary);
    context.json() ? print_json(context, result) : print_text(context, result);
}

}  // namespace kist::cli
