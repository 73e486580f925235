#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/forget.hpp"
#include "kist/repository/mailbox_source.hpp"
#include "kist/repository/retention.hpp"

#include "cli/commands.hpp"
#include "cli/configured_source.hpp"
#include "cli/duration.hpp"
#include "cli/forget_report.hpp"
#include "cli/json_names.hpp"
#include "cli/notified_work.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace kist::cli {
namespace {

// A policy for each source, or one for all.
class Policies {
  public:
    explicit Policies(const repository::RetentionPolicy& given) : given_(given) {}

    void add(const config::Source& source) {
        const auto policy = policy_of(*source.retention);
        for (const auto& path : source.paths) configured_.emplace(std::pair(this_host(), path), policy);
        if (source.mailbox)
            configured_.emplace(std::pair(repository::kMailHost, repository::mailbox_path(source.name)), policy);
    }

    // nullptr: everything is kept.
    const repository::RetentionPolicy* find(const repository::Source& source) const {
        if (!given_.is_empty()) return &given_;
        const auto found = configured_.find({source.host, source.path});
        return found == configured_.end() ? nullptr : &found->second;
    }

  private:
    const repository::RetentionPolicy& given_;
    std::map<std::pair<std::string, std::string>, repository::RetentionPolicy> configured_;  // by host and path
};

// By volume, as the configuration names it; "": whichever the command finds. One that is named by --volume is judged by
// all that is configured.
std::map<std::string, Policies> policies_by_volume(const repository::RetentionPolicy& given,
                                                   const GlobalOptions& options) {
    std::map<std::string, Policies> policies;
    if (!given.is_empty()) {
        policies.emplace("", given);
        return policies;
    }
    const auto& configuration = options.configured.get();
    for (const auto& source : configuration.sources) {
        if (!source.retention) continue;
        const auto& own = source.volume.empty() ? configuration.default_volume : source.volume;
        policies.try_emplace(options.volume.empty() ? own : "", given).first->second.add(source);
    }
    if (policies.empty())
        throw Error(ErrorCode::usage, "prune needs to be told what to keep",
                    "For example --keep-daily 7 --keep-weekly 5 --keep-monthly 12; --dry-run shows what that means.");
    return policies;
}

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
            "Without any --keep option each source of the configuration is judged by what it says there, on its\n"
            "volume.\n"
            "Example: kist prune --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --keep-yearly 10 --dry-run");
    }

    ExitCode run(Context& context) override {
        read_policy();
        const auto by_volume = policies_by_volume(policy_, context.options);
        notify::News news{.task = notify::Task::prune, .host = this_host()};
        const auto work = [&] { return prune_all(context, by_volume, news); };
        return dry_run_ ? work() : run_and_tell(context, news, work);
    }

  private:
    ExitCode prune_all(Context& context, const std::map<std::string, Policies>& by_volume, notify::News& news) const {
        auto code = ExitCode::done;
        for (const auto& [volume, policies] : by_volume) {
            try {
                const auto one = with_repository_in_the_news(
                    context, news, volume,
                    [&, &policies = policies](repository::Repository& repository, notify::PartNews& part) {
                        return prune(context, repository, policies, part);
                    });
                if (code == ExitCode::done) code = one;
            } catch (const Error& error) {
                if (by_volume.size() == 1 || error.code() == ErrorCode::interrupted) throw;
                context.console.error(error.message());
                if (!error.hint().empty()) context.console.hint(error.hint());
                code = ExitCode::failed;
            }
        }
        return code;
    }

    ExitCode prune(Context& context, const repository::Repository& repository, const Policies& policies,
                   notify::PartNews& news) const {
        const auto judged = judge_sources(context, repository, policies);
        repository::ForgetRequest request;
        if (dry_run_) request.rehearsal = repository::Rehearsal::yes;
        for (const auto& source : judged)
            for (const auto& verdict : source.verdicts)
                if (!verdict.is_kept()) request.snapshots.push_back(verdict.snapshot.number);
        if (context.json()) print_json(context, judged);
        if (!context.json() && dry_run_) print_table(context, judged);
        if (request.snapshots.empty()) {
            news.done = "Nothing to forget: the policy keeps every snapshot.";
            if (!context.json()) context.output.line(news.done);
            return ExitCode::done;
        }
        const auto result = repository::forget(repository, request);
        tell(news, result);
        return print_forgotten(context, "prune", result, request.rehearsal);
    }

    void read_policy() {
        if (!within_.empty()) {
            policy_.within = repository::parse_calendar_span(within_);
            if (!policy_.within)
                throw Error(ErrorCode::usage,
                            fmt::format("--keep-within {}: not a span of time", os::printable(within_)),
                            "Like 30d, 2w, 1y6m or 36h.");
        }
    }

    std::vector<Judged> judge_sources(Context& context, const repository::Repository& repository,
                                      const Policies& policies) const {
        auto catalog = repository.open_catalog();
        const repository::Catalog::Reading reading(catalog);
        const auto snapshots = catalog.snapshots();
        std::vector<Judged> judged;
        for (auto& source : catalog.sources()) {
            if (!filter_.fits(source)) continue;
            const auto* policy = policies.find(source);
            if (policy == nullptr) {
                context.console.note(fmt::format("{}:{}: the configuration has no keep-… for it; all of it stays",
                                                 os::printable(source.host), os::printable(source.path)));
                continue;
            }
            std::vector<repository::Snapshot> of_it;
            std::ranges::copy_if(snapshots, std::back_inserter(of_it),
                                 [&](const auto& snapshot) { return snapshot.source == source.id; });
            judged.push_back({std::move(source), repository::judge(*policy, of_it)});
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
