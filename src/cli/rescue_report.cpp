#include "cli/rescue_report.hpp"

#include "kist/os/directory.hpp"

#include "cli/json_names.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

struct Sums {
    std::uint64_t all = 0;      // sources
    std::uint64_t sources = 0;  // that were restored, if not completely
    std::uint64_t files = 0;
    ByteCount bytes;
    std::uint64_t missing = 0;  // entries that are in a snapshot and did not come back
    std::uint64_t skipped = 0;  // that the backups had skipped
};

Sums sums_of(const std::vector<PlannedRestore>& plan) {
    Sums sums;
    for (const auto& planned : plan) {
        const auto& summary = planned.result.summary;
        sums.all += planned.is_part ? 0 : 1;
        sums.sources += planned.is_done && !planned.is_part ? 1 : 0;
        sums.files += summary.files;
        sums.bytes += summary.bytes;
        sums.missing += summary.damaged.count + summary.failed.count + summary.skipped.count;
        sums.skipped += planned.is_part ? 0 : planned.source.last.skipped;
    }
    return sums;
}

void print_json(Context& context, const RescueOutcome& outcome) {
    const auto sums = sums_of(outcome.plan);
    context.output.json({{"type", "rescue"},
                         {"sources", sums.all},
                         {"restored", sums.sources},
                         {"files", sums.files},
                         {"bytes", sums.bytes.value},
                         {"missing", sums.missing},
                         {"skipped_by_backups", sums.skipped},
                         {"troubles", outcome.troubles},
                         {"owners", outcome.owners},
                         {"next", outcome.next},
                         {"complete", outcome.complete()}});
}

void print_failures(Context& context, const RescueOutcome& outcome) {
    for (const auto& planned : outcome.plan)
        if (!planned.trouble.empty())
            context.console.error(
                fmt::format("nothing of {} was restored: {}", os::printable(planned.result.path), planned.trouble));
    for (const auto& trouble : outcome.troubles) context.console.error(trouble);
}

void print_text(Context& context, const RescueOutcome& outcome) {
    const auto sums = sums_of(outcome.plan);
    auto& output = context.output;
    output.line(fmt::format("Rescued {} of {} sources: {} files, {}; every byte was compared with its hash.",
                            sums.sources, sums.all, sums.files, to_string(sums.bytes)));
    if (sums.missing > 0)
        output.line(fmt::format("  {} entries did NOT come back; they are named above.", sums.missing));
    if (!outcome.complete() && sums.missing == 0) output.line("  Not all is as it was: see above.");
    for (const auto& planned : outcome.plan)
        if (const auto skipped = planned.source.last.skipped; skipped > 0 && !planned.is_part)
            output.line(
                fmt::format("  The backup of {} had skipped {} entries: they are not in it, or as they were before.",
                            os::printable(planned.source.source.path), skipped));
    for (const auto& line : outcome.owners) output.line("  " + line);
    if (!outcome.next.empty()) output.line("Next:");
    for (const auto& line : outcome.next) output.line("  " + line);
}

}  // namespace

bool RescueOutcome::complete() const {
    return troubles.empty() &&
           std::ranges::all_of(plan, [](const auto& planned) { return planned.is_done && planned.result.complete(); });
}

ExitCode RescueOutcome::code() const {
    if (std::ranges::any_of(plan, [](const auto& planned) { return !planned.is_done; })) return ExitCode::failed;
    return complete() ? ExitCode::done : ExitCode::incomplete;
}

void print(Context& context, const RescueOutcome& outcome) {
    print_failures(context, outcome);
    context.json() ? print_json(context, outcome) : print_text(context, outcome);
}

}  // namespace kist::cli
