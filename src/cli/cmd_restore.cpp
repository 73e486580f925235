#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/restore/restore.hpp"

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/prompt.hpp"
#include "cli/restore_report.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

ProgressSample sample(const restore::Progress& progress) {
    return {"restoring", progress.files_done, progress.files_total, progress.bytes_done, progress.bytes_total};
}

class Restore : public Command {
  public:
    void declare(Options& options) override {
        options.argument("SNAPSHOT[:PATH]", what_, "Which snapshot, and what of it (default: the source's root)",
                         Presence::required);
        options.text("--to", "DIR", target_, "Put PATH's contents into this folder (default: where they were)");
        options.flag("--yes", yes_, "Do not ask before files are put back where they were");
        options.flag("--keep-existing", keep_existing_, "Leave files alone that are there already");
        options.flag("--numeric-ids", numeric_ids_, "Restore owners by number, not by name");
        filter_.declare(options);
        options.footer(
            "Examples:\n  kist restore latest:/home/user --to restored     makes restored/Documents, ...\n"
            "  kist restore 12:/home/user/notes.txt             puts it back, after asking\n\n"
            "Every byte is compared with the hash taken when it was backed up. Exit code 3: done, but some entries\n"
            "were damaged or could not be written; they are named.");
    }

    ExitCode run(Context& context) override {
        if (target_.empty() && !yes_ && !can_ask())
            throw Error(ErrorCode::usage,
                        "restoring over the original place has to be confirmed, and there is no terminal",
                        "Give --to DIR for another place, or --yes.");
        return with_repository(context,
                               [&](repository::Repository& repository) { return restore(context, repository); });
    }

  private:
    ExitCode restore(Context& context, repository::Repository& repository) const {
        const auto options = restore_options(context, repository);
        if (target_.empty() && !yes_ && !confirm(question(options)))
            throw Error(ErrorCode::interrupted, "nothing was restored");
        restore::Progress progress;
        auto watched = options;
        watched.progress = &progress;
        RestoreResult result{options.snapshot.number, options.path, options.target, {}, {}};
        const auto start = std::chrono::steady_clock::now();
        {
            const Progress line(context.console, drawing(context), [&] { return sample(progress); });
            result.summary = restore::restore(repository, watched);
        }
        result.took = std::chrono::steady_clock::now() - start;
        print(context, result);
        return result.complete() ? ExitCode::done : ExitCode::incomplete;
    }

    restore::RestoreOptions restore_options(Context& context, repository::Repository& repository) const {
        auto catalog = repository.open_catalog();
        const auto choice = choose_snapshot(catalog, what_, filter_, context.clock.now());
        restore::RestoreOptions options;
        options.snapshot = choice.snapshot;
        options.path = choice.path;
        options.target = target_.empty() ? restore::place_of_origin(catalog, choice.snapshot, choice.path) : target_;
        options.overwrite = keep_existing_ ? restore::Overwrite::never : restore::Overwrite::always;
        options.owners = numeric_ids_ ? restore::Owners::by_number : restore::Owners::by_name;
        options.interrupt = &interrupt_flag();
        return options;
    }

    std::string question(const restore::RestoreOptions& options) const {
        return fmt::format("Put {} of snapshot {} back into {}{}?", os::printable(options.path),
                           options.snapshot.number, os::printable(options.target),
                           keep_existing_ ? "" : ", over what is there now");
    }

    std::string what_;
    std::string target_;
    bool yes_ = false;
    bool keep_existing_ = false;
    bool numeric_ids_ = false;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_restore() {
    return std::make_unique<Restore>();
}

}  // namespace kist::cli
