#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/restore/restore.hpp"

#include "cli/commands.hpp"
#include "cli/prompt.hpp"
#include "cli/restore_report.hpp"
#include "cli/restore_request.hpp"
#include "cli/restore_run.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Restore : public Command {
  public:
    void declare(Options& options) override {
        request_.declare(options);
        options.flag("--dry-run", dry_run_, "Change nothing: show what would be done, entry by entry");
        options.flag("--yes", yes_, "Do not ask before files are put back where they were, or deleted");
        options.footer(
            "Examples:\n"
            "  kist restore latest:/home/user --to restored     makes restored/Documents, ...\n"
            "  kist restore 12:/home/user/notes.txt             puts it back, after showing what changes, and asking\n"
            "  kist restore yesterday:/home/user --only '*.odt' --keep-both\n"
            "  kist restore latest:/srv --delete --dry-run      what would make /srv be as it was\n\n"
            "GLOB: with a slash at its beginning an absolute path in the source, without one the end of a path; * and "
            "?\n"
            "stop at slashes, ** does not; a slash at its end means folders. FILE lists absolute paths, or paths "
            "below\n"
            "PATH. What is there already and right is left alone, so an interrupted restore goes on where it "
            "stopped.\n\n"
            "Every byte is compared with the hash taken when it was backed up. Exit code 3: done, but some entries\n"
            "were damaged or could not be written or deleted; they are named.");
    }

    ExitCode run(Context& context) override {
        request_.check();
        if (asks() && !can_ask())
            throw Error(ErrorCode::usage,
                        request_.deletes() ? "deleting has to be confirmed, and there is no terminal"
                                           : "restoring over the original place has to be confirmed, and there is no "
                                             "terminal",
                        request_.deletes() ? "Give --yes, or --dry-run to see what would go."
                                           : "Give --to DIR for another place, or --yes.");
        return with_repository(context,
                               [&](repository::Repository& repository) { return restore(context, repository); });
    }

  private:
    bool asks() const { return !dry_run_ && !yes_ && (request_.is_in_place() || request_.deletes()); }

    ExitCode restore(Context& context, repository::Repository& repository) const {
        auto catalog = repository.open_catalog();
        const auto now = context.clock.now();
        auto options = request_.options(catalog, now);
        const auto names = request_.names(catalog, now);
        RestoreResult result{options.snapshot.number, names.path, names.target, {}, {}, std::nullopt};
        if (dry_run_) return rehearse(context, repository, options, result);
        if (asks()) ask(context, repository, options, result);
        run_restore(context, repository, options, result);
        print(context, result);
        return result.complete() ? ExitCode::done : ExitCode::incomplete;
    }

    static ExitCode rehearse(Context& context, const repository::Repository& repository,
                             const restore::RestoreOptions& options, RestoreResult& result) {
        run_rehearsal(context, repository, options, Steps::print, result);
        print(context, result);
        return result.complete() ? ExitCode::done : ExitCode::incomplete;
    }

    void ask(Context& context, const repository::Repository& repository, const restore::RestoreOptions& options,
             const RestoreResult& result) const {
        show_preview(context, repository, options, result);
        if (!confirm(fmt::format("Put {} of snapshot {} {} {}?", os::printable(result.path), result.snapshot,
                                 request_.is_in_place() ? "back into" : "into", os::printable(result.target))))
            throw Error(ErrorCode::interrupted, "nothing was restored");
    }

    RestoreRequest request_;
    bool dry_run_ = false;
    bool yes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_restore() {
    return std::make_unique<Restore>();
}

}  // namespace kist::cli
