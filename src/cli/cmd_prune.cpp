#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/forget.hpp"
#include "kist/repository/retention.hpp"

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/forget_report.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/table.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

struct Judged {
    repository::Source source;
    std::vector<repository::Verdict> verdicts;
};

class Prune : public Command {
  public:
    void declare(Options& options) override {
        options.number("--keep-last", "N", policy_.last, "Keep the newest N snapshots");
        options.number("--keep-hourly", "N", policy_.hourly, "Keep the newest of each of N hours that have one");
        options.number("--keep-daily", "N", policy_.daily, "Likewise of N days");
        options.number("--keep-weekly", "N", policy_.weekly, "Likewise of N weeks (Monday to Sunday)");
        options.number("--keep-monthly", "N", policy_.monthly, "Likewise of N months");
        options.number("--keep-yearly", "N", policy_.yearly, "Likewise of N years");
        options.text("--keep-within", "SPAN", within_,
                     "Keep all in this span before the newest: 30d, 2w, 1y6m, 36h (m is months)");
        options.texts("--keep-tag", "TAG", policy_.tags, "Keep all with this tag; may be given again");
        options.flag("--dry-run", dry_run_, "Change nothing: only show which snapshots would go, and why others stay");
        filter_.declare(options);
        options.footer(
            "Each source is judged by itself; a snapshot that any rule keeps stays. A source's newest snapshot, and "
            "the\n"
            "newest that skipped nothing, always stay. Hours and days are those of your time zone.\n"
            "Example: kist prune --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --keep-yearly 10 --dry-run");
    }

    ExitCode run(Context& context) override {
        read_policy();
        return with_repository(context, [&](repository::Repository& repository) {
            const auto judged = judge_sources(repository);
            repository::ForgetRequest request;
            if (dry_run_) request.rehearsal = repository::Rehearsal::yes;
            for (const auto& source : judged)
                for (const auto& verdict : source.verdicts)
                    if (!verdict.is_kept()) request.snapshots.push_back(verdict.snapshot.number);
            if (context.json()) print_json(context, judged);
            if (!context.json() && dry_run_) print_table(context, judged);
            if (!request.snapshots.empty()) {
                print_forgotten(context, "prune", repository::forget(repository, request), request.rehearsal);
            } else if (!context.json()) {
                context.output.line("Nothing to forget: the policy keeps every snapshot.");
            }
            return ExitCode::done;
        });
    }

  private:
    void read_policy() {
        if (!within_.empty()) {
            policy_.within = repository::parse_calendar_span(within_);
            if (!policy_.within)
                throw Error(ErrorCode::usage,
                            fmt::format("--keep-within {}: not a span of time", os::printable(within_)),
                            "Like 30d, 2w, 1y6m or 36h.");
        }
        if (policy_.is_empty())
            throw Error(
                ErrorCode::usage, "prune needs to be told what to keep",
                "For example --keep-daily 7 --keep-weekly 5 --keep-monthly 12; --dry-run shows what that means.");
    }

    std::vector<Judged> judge_sources(const repository::Repository& repository) const {
        auto catalog = repository.open_catalog();
        const repository::Catalog::Reading reading(catalog);
        const auto snapshots = catalog.snapshots();
        std::vector<Judged> judged;
        for (auto& source : catalog.sources()) {
            if (!filter_.fits(source)) continue;
            std::vector<repository::Snapshot> of_it;
            std::ranges::copy_if(snapshots, std::back_inserter(of_it),
                                 [&](const auto& snapshot) { return snapshot.source == source.id; });
            judged.push_back({std::move(source), repository::judge(policy_, of_it)});
        }
        return judged;
    }

    static void print_table(Context& context, const std::vector<Judged>& judged) {
        Table table({{"NUMBER", Align::right}, {"TIME"}, {"HOST"}, {"SOURCE"}, {""}, {"WHY"}});
        for (const auto& [source, verdicts] : judged)
            for (const auto& verdict : verdicts)
                table.add(
                    {std::to_string(verdict.snapshot.number), local_time(verdict.snapshot.time),
                     os::printable(source.host), os::printable(source.path), verdict.is_kept() ? "keep" : "forget",
                     verdict.is_kept() ? fmt::format("{}", fmt::join(verdict.reasons, ", ")) : "no rule keeps it"});
        for (const auto& line : table.lines()) context.output.line(line);
    }

    static void print_json(Context& context, const std::vector<Judged>& judged) {
        for (const auto& [source, verdicts] : judged)
            for (const auto& verdict : verdicts) {
                Json line{{"type", "verdict"}, {"number", verdict.snapshot.number}};
                line["time"] = to_rfc3339(verdict.snapshot.time);
                put_path(line, "host", source.host);
                put_path(line, "source", source.path);
                line["keep"] = verdict.is_kept();
                line["reasons"] = verdict.reasons;
                context.output.json(line);
            }
    }

    repository::RetentionPolicy policy_;
    std::string within_;
    bool dry_run_ = false;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_prune() {
    return std::make_unique<Prune>();
}

}  // namespace kist::cli
