#include "cli/backup_report.hpp"

#include "kist/os/directory.hpp"

#include "cli/duration.hpp"
#include "cli/json_names.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

Json json_of(const std::vector<repository::SkippedEntry>& entries) {
    auto list = Json::array();
    for (const auto& [path, reason] : entries) {
        Json entry;
        put_path(entry, "path", path);
        entry["reason"] = reason;
        list.push_back(std::move(entry));
    }
    return list;
}

Json json_of(const std::vector<std::string>& paths) {
    auto list = Json::array();
    for (const auto& path : paths) {
        Json entry;
        put_path(entry, "path", path);
        list.push_back(std::move(entry));
    }
    return list;
}

void print_json(Context& context, const SourceResult& result) {
    const auto& run = result.summary.run;
    Json line{{"type", "backup"}};
    put_path(line, "source", result.path);
    line["snapshot"] = run.snapshot.number;
    line["time"] = to_rfc3339(run.snapshot.time);
    line["finished"] = to_rfc3339(run.snapshot.finished);
    line["new"] = run.created;
    line["changed"] = run.changed;
    line["renamed"] = run.renamed;
    line["deleted"] = run.removed;
    line["unchanged"] = result.unchanged();
    line["excluded"] = result.summary.excluded;
    line["entries"] = run.snapshot.entries;
    line["files"] = run.snapshot.files;
    line["bytes"] = run.snapshot.bytes.value;
    line["files_read"] = result.summary.files_read;
    line["bytes_read"] = result.summary.bytes_read.value;
    line["files_taken_over"] = result.summary.files_taken_over;
    line["bytes_taken_over"] = result.summary.bytes_taken_over.value;
    line["seconds"] = result.took.count();
    line["source_snapshot"] = result.summary.from_source_snapshot;
    line["databases"] = result.summary.databases;
    line["skipped"] = run.snapshot.skipped;
    line["skipped_entries"] = json_of(run.skipped);
    line["changed_while_read"] = json_of(result.summary.changed_while_read);
    line["lost"] = json_of(run.lost);
    context.output.json(line);
}

void print_text(Context& context, const SourceResult& result) {
    if (context.options.verbosity == Verbosity::quiet) return;
    const auto& run = result.summary.run;
    context.output.line(fmt::format("{}: snapshot {}, {} files, {}", os::printable(result.path), run.snapshot.number,
                                    run.snapshot.files, to_string(run.snapshot.bytes)));
    context.output.line(fmt::format("  {} new, {} changed, {} renamed, {} deleted, {} unchanged; read {} in {}",
                                    run.created, run.changed, run.renamed, run.removed, result.unchanged(),
                                    to_string(result.summary.bytes_read), to_text(result.took)));
    if (result.summary.from_source_snapshot)
        context.console.detail("  It was read from a snapshot of what it lies on.");
    if (result.summary.databases > 0)
        context.output.line(
            fmt::format("  {} open databases were copied, each as of one transaction", result.summary.databases));
    if (result.summary.excluded > 0)
        context.output.line(fmt::format("  {} names were left out by rules: kist explain PATH tells by which",
                                        result.summary.excluded));
    if (result.summary.files_taken_over > 0)
        context.output.line(fmt::format("  {} files, {}, were read before, by a run that was interrupted",
                                        result.summary.files_taken_over, to_string(result.summary.bytes_taken_over)));
}

// What went wrong is named whatever the format is, also with --quiet.
void print_trouble(Context& context, const SourceResult& result) {
    const auto& run = result.summary.run;
    for (const auto& [path, reason] : run.skipped)
        context.console.error(fmt::format("skipped {}: {}", os::printable(path), reason));
    if (run.snapshot.skipped > run.skipped.size())
        context.console.error(fmt::format("skipped {} more", run.snapshot.skipped - run.skipped.size()));
    for (const auto& lost : run.lost) context.console.error(lost_line(lost));
    for (const auto& path : result.summary.changed_while_read)
        context.console.note("changed while it was read (the next run reads it again): " + os::printable(path));
}

}  // namespace

std::uint64_t SourceResult::unchanged() const {
    const auto& run = summary.run;
    const auto touched = run.created + run.changed + run.renamed + run.snapshot.skipped;
    return run.snapshot.entries > touched ? run.snapshot.entries - touched : 0;
}

std::string lost_line(const std::string& path) {
    return "an older version was damaged and is lost: latest/" + os::printable(path);
}

bool SourceResult::complete() const {
    return summary.run.snapshot.skipped == 0 && summary.run.lost.empty();
}

void print(Context& context, const SourceResult& result) {
    print_trouble(context, result);
    context.json() ? print_json(context, result) : print_text(context, result);
    context.output.flush();  // it is done, whatever becomes of the next source
}

}  // namespace kist::cli
