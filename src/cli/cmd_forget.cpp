#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/forget.hpp"
#include "kist/repository/purge.hpp"
#include "kist/repository/snapshot_name.hpp"

#include "cli/commands.hpp"
#include "cli/forget_report.hpp"
#include "cli/notified_work.hpp"
#include "cli/prompt.hpp"
#include "cli/snapshot_choice.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Forget : public Command {
  public:
    void declare(Options& options) override {
        options.arguments("SNAPSHOT", names_, "Which snapshots", Presence::optional);
        options.text("--path", "GLOB", path_,
                     "Take what this matches, and all below it, out of every snapshot instead");
        options.flag("--dry-run", dry_run_, "Change nothing: only show what would go, and how much space comes back");
        options.flag("--yes", yes_, "Do not ask");
        options.flag("--yes-last", yes_last_,
                     "Also a source's only snapshot: nothing of it is left then, nor in latest/");
        filter_.declare(options);
        options.footer(
            "No other snapshot restores differently. The space is free when the command ends. Where the newest of a\n"
            "source is forgotten, latest/ goes back to the one before.\n\n"
            "--path: with a slash at its beginning GLOB is an absolute path in the source, without one the end of a\n"
            "path; * and ? stop at slashes, ** does not; a slash at its end means folders. What the newest snapshot\n"
            "still holds is refused: remove it from the source and back up first.\n"
            "Examples:\n  kist forget 12 13          kist forget latest~3 --source /home/user\n"
            "  kist forget --path '/home/user/**/*.iso' --dry-run");
    }

    ExitCode run(Context& context) override {
        if (names_.empty() == path_.empty())
            throw Error(ErrorCode::usage, "forget takes either snapshots or --path GLOB",
                        "`kist list` shows the snapshots.");
        if (!dry_run_ && !yes_ && !can_ask())
            throw Error(ErrorCode::usage, "forgetting has to be confirmed, and there is no terminal",
                        "Give --yes, or --dry-run to see what would go.");
        const auto pattern = parse_pattern();
        notify::News news{.task = notify::Task::forget, .host = this_host()};
        const auto work = [&] {
            return with_repository_in_the_news(
                context, news, "", [&](repository::Repository& repository, notify::PartNews& part) {
                    return pattern ? purge(context, repository, *pattern, part) : forget(context, repository, part);
                });
        };
        return dry_run_ ? work() : run_and_tell(context, news, work);
    }

  private:
    std::optional<PathPattern> parse_pattern() const {
        if (path_.empty()) return std::nullopt;
        auto pattern = PathPattern::parse(path_);
        if (!pattern)
            throw Error(ErrorCode::usage, fmt::format("--path {}: not a pattern of paths", os::printable(path_)),
                        "Like /home/user/secret, '*.iso' or '/home/**/cache/'; \\ before a sign that is meant as "
                        "it is.");
        return pattern;
    }

    ExitCode forget(Context& context, const repository::Repository& repository, notify::PartNews& news) const {
        const auto snapshots = choose(context, repository);
        if (!dry_run_ && !yes_ && !confirm(question(snapshots)))
            throw Error(ErrorCode::interrupted, "nothing was forgotten");
        repository::ForgetRequest request;
        for (const auto& snapshot : snapshots) request.snapshots.push_back(snapshot.number);
        if (dry_run_) request.rehearsal = repository::Rehearsal::yes;
        if (yes_last_) request.whole_source = repository::WholeSource::allow;
        const auto result = repository::forget(repository, request);
        tell(news, result);
        return print_forgotten(context, "forget", result, request.rehearsal);
    }

    ExitCode purge(Context& context, const repository::Repository& repository, const PathPattern& pattern,
                   notify::PartNews& news) const {
        repository::PurgeRequest request{pattern, {}, repository::Rehearsal::yes};
        for (const auto& source : repository.open_catalog().sources())
            if (filter_.fits(source)) request.sources.push_back(source.id);
        auto result = repository::purge(repository, request);
        if (result.path_count == 0)
            throw Error(ErrorCode::not_found, fmt::format("no snapshot holds what {} matches", os::printable(path_)),
                        "A pattern that begins with a slash is an absolute path; `kist ls SNAPSHOT` shows them.");
        if (!dry_run_) {
            if (!yes_ && !confirm(question(result))) throw Error(ErrorCode::interrupted, "nothing was forgotten");
            request.rehearsal = repository::Rehearsal::no;
            result = repository::purge(repository, request);
        }
        tell(news, result);
        print_purged(context, result, request.rehearsal);
        return ExitCode::done;
    }

    static std::string question(const repository::PurgeResult& result) {
        const auto first = os::printable(result.paths.front().path);
        return fmt::format("Take {}{} out of {} for good?", first,
                           result.path_count == 1 ? "" : fmt::format(" and {} others", result.path_count - 1),
                           snapshots_text(result.snapshots));
    }

    std::vector<repository::Snapshot> choose(Context& context, const repository::Repository& repository) const {
        auto catalog = repository.open_catalog();
        std::vector<repository::Snapshot> snapshots;
        for (const auto& name : names_) {
            if (repository::parse_snapshot_path(name).path)
                throw Error(ErrorCode::usage, os::printable(name) + ": only whole snapshots can be forgotten");
            const auto snapshot = choose_snapshot(catalog, name, filter_, context.clock.now()).snapshot;
            if (std::ranges::find(snapshots, snapshot.number, &repository::Snapshot::number) == snapshots.end())
                snapshots.push_back(snapshot);
        }
        return snapshots;
    }

    static std::string question(const std::vector<repository::Snapshot>& snapshots) {
        return fmt::format("Forget {} ({}) for good?", snapshots_text(snapshots.size()), snapshot_list(snapshots));
    }

    std::vector<std::string> names_;
    std::string path_;
    bool dry_run_ = false;
    bool yes_ = false;
    bool yes_last_ = false;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_forget() {
    return std::make_unique<Forget>();
}

}  // namespace kist::cli
