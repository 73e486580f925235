#include "cli/drill_report.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/duration.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

#include <random>

#include <fmt/format.h>

namespace kist::cli {
namespace {

repository::DrillResult watched(Context& context, const repository::Repository& repository,
                                const repository::DrillExtent& extent, std::uint64_t seed) {
    repository::DrillProgress progress;
    const Progress line(context.console, drawing(context), [&] {
        return ProgressSample{"restoring into memory", progress.files_done, progress.files_total, progress.bytes_done,
                              0};
    });
    return repository::drill(repository, {extent, seed, &progress, &interrupt_flag()});
}

std::string name_of(const repository::DrillFailure& failure) {
    if (failure.path.empty()) return fmt::format("a file of snapshot {}", failure.snapshot);
    return fmt::format("{}:{}", failure.snapshot, os::printable(failure.path));
}

std::string failure_text(const repository::DrillFailure& failure) {
    return fmt::format("cannot be restored: {}: {}", name_of(failure), failure.reason);
}

std::string summary_of(const repository::DrillResult& result) {
    const auto verdict = result.failure_count == 0 ? std::string("all are right.")
                                                   : fmt::format("{} cannot be restored.", result.failure_count);
    return fmt::format("Restored {} files, {}, of random snapshots into memory: {}", result.files,
                       to_string(result.bytes), verdict);
}

void print_failures(Context& context, const repository::DrillResult& result) {
    for (const auto& failure : result.failures) context.console.error(failure_text(failure));
    if (result.failure_count > result.failures.size())
        context.console.error(fmt::format("nor can {} more", result.failure_count - result.failures.size()));
    if (result.failure_count > 0)
        context.console.hint("`kist check` finds all that is damaged, and `kist repair` heals what can be healed.");
}

void print_json(Context& context, const repository::DrillResult& result, Timestamp time) {
    Json line{{"type", "drill"},
              {"time", to_rfc3339(time)},
              {"files", result.files},
              {"bytes", result.bytes.value},
              {"failures", result.failure_count}};
    line["failed"] = Json::array();
    for (const auto& failure : result.failures) {
        Json one{{"snapshot", failure.snapshot}, {"reason", failure.reason}};
        put_path(one, "path", failure.path);
        line["failed"].push_back(std::move(one));
    }
    context.output.json(line);
}

void print_text(Context& context, const repository::DrillResult& result) {
    if (context.options.verbosity == Verbosity::quiet || result.files == 0) return;
    context.output.line(summary_of(result));
}

}  // namespace

std::uint64_t random_seed() {
    return 1 + std::random_device()() % 1'000'000'000;
}

repository::DrillResult run_drill(Context& context, const repository::Repository& repository,
                                  const repository::DrillExtent& extent, std::uint64_t seed) {
    auto result = watched(context, repository, extent, seed);
    const auto now = context.clock.now();
    record_drill(repository, result, now);
    print_failures(context, result);
    context.json() ? print_json(context, result, now) : print_text(context, result);
    return result;
}

repository::DrillResult run_small_drill(Context& context, const repository::Repository& repository) {
    try {
        return run_drill(context, repository, repository::small_extent(), random_seed());
    } catch (const Error& error) {
        if (error.code() != ErrorCode::interrupted) throw;
        context.console.note("The backup is done; the restore drill after it was interrupted.");
        return {};
    }
}

void tell(notify::PartNews& news, const repository::DrillResult& result) {
    news.done = summary_of(result);
    news.damaged = result.failure_count;
    for (const auto& failure : result.failures) news.examples.push_back(failure_text(failure));
}

Json json_of(const repository::DrillRecord& record) {
    return {{"time", to_rfc3339(record.time)},
            {"files", record.files},
            {"bytes", record.bytes.value},
            {"failures", record.failures}};
}

std::string text_of(const std::optional<repository::DrillRecord>& record) {
    if (!record) return "none yet: kist check --drill";
    const auto when = local_time(record->time);
    if (record->failures > 0)
        return fmt::format("{}: {} of {} files could not be restored", when, record->failures, record->files);
    return fmt::format("{}, {} files, {}", when, record->files, to_string(record->bytes));
}

}  // namespace kist::cli
