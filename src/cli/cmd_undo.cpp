#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/forget.hpp"

#include "cli/commands.hpp"
#include "cli/forget_report.hpp"
#include "cli/prompt.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Undo : public Command {
  public:
    void declare(Options& options) override {
        options.flag("--dry-run", dry_run_, "Change nothing: only show what would go");
        options.flag("--yes", yes_, "Do not ask");
        options.flag("--yes-last", yes_last_,
                     "Also a source's only snapshot: nothing of it is left then, nor in latest/");
        filter_.declare(options);
        options.footer(
            "Removes the newest snapshot of a source, and brings latest/ back to the one before. Nothing of the "
            "source\n"
            "itself is changed. With several sources, --source says which.");
    }

    ExitCode run(Context& context) override {
        if (!dry_run_ && !yes_ && !can_ask())
            throw Error(ErrorCode::usage, "undoing a backup has to be confirmed, and there is no terminal",
                        "Give --yes, or --dry-run to see what would go.");
        return with_repository(context, [&](repository::Repository& repository) {
            const auto newest = choose(context, repository);
            if (!dry_run_ && !yes_ && !confirm(question(newest)))
                throw Error(ErrorCode::interrupted, "nothing was undone");
            repository::ForgetRequest request{.snapshots = {newest.snapshot.number}};
            if (dry_run_) request.rehearsal = repository::Rehearsal::yes;
            if (yes_last_) request.whole_source = repository::WholeSource::allow;
            return print_forgotten(context, "undo", repository::forget(repository, request), request.rehearsal);
        });
    }

  private:
    SnapshotChoice choose(Context& context, repository::Repository& repository) const {
        auto catalog = repository.open_catalog();
        return choose_snapshot(catalog, "latest", filter_, context.clock.now());
    }

    static std::string question(const SnapshotChoice& newest) {
        return fmt::format("Remove snapshot {} of {}, and bring latest/ back to the one before?",
                           snapshot_list({newest.snapshot}), os::printable(newest.source.path));
    }

    bool dry_run_ = false;
    bool yes_ = false;
    bool yes_last_ = false;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_undo() {
    return std::make_unique<Undo>();
}

}  // namespace kist::cli
