#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "cli/boot_tables.hpp"
#include "cli/commands.hpp"
#include "cli/lockout_notes.hpp"
#include "cli/overwrite_option.hpp"
#include "cli/own_configuration.hpp"
#include "cli/prompt.hpp"
#include "cli/rescue_boot.hpp"
#include "cli/rescue_choice.hpp"
#include "cli/rescue_configuration.hpp"
#include "cli/rescue_moves.hpp"
#include "cli/rescue_owners.hpp"
#include "cli/rescue_plan.hpp"
#include "cli/rescue_report.hpp"
#include "cli/rescue_volumes.hpp"
#include "cli/restore_run.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr const char* kMailboxStep =
    "Mailboxes are in the volume, too (kist list --mail): kist restore latest:/ACCOUNT --mail --to DIR makes a "
    "Maildir.";

// The other sources would fare no better.
bool ends_everything(ErrorCode code) {
    return code == ErrorCode::interrupted || code == ErrorCode::no_space || code == ErrorCode::busy;
}

class Rescue : public Command {
  public:
    void declare(Options& options) override {
        choice_.declare(options);
        options.text("--to", "DIR", target_.folder, "Restore into DIR/HOST/PATH (default: to where everything was)");
        options.text("--root", "DIR", root_,
                     "Restore into the system that is mounted at DIR, instead of this one: its users, its tables");
        moves_.declare(options);
        overwrite_.declare(options);
        owners_.declare(options);
        boot_.declare(options);
        configuration_.declare(options);
        options.flag("--dry-run", dry_run_, "Restore nothing: show what would be done, entry by entry");
        options.flag("--yes", yes_, "Do not ask before files are put back where they were");
        options.footer(
            "For a system that was installed anew: finds the volume (or --volume), asks for its passphrase or "
            "recovery\n"
            "key, lists what is in it, and brings back the newest backup of what you choose. What no option says is "
            "asked.\n\n"
            "Examples:\n"
            "  kist rescue                                      asks for everything\n"
            "  kist rescue --all --to /srv/rescued              everything, to look at it first\n"
            "  kist --key-file key rescue --source /home/anna --map-user anna=paul --boot --yes\n"
            "  kist rescue --all --root /mnt                    from live media, into a system that was just "
            "installed\n\n"
            "Older snapshots are brought back by `kist restore`. Exit code 3: done, but some entries were damaged or\n"
            "could not be written; they are named. 1: nothing of a source could be restored.");
    }

    ExitCode run(Context& context) override {
        target_.overwrite = overwrite_.value();
        moves_.check();
        find_root();
        owners_.check(target_.root.empty() ? Accounts() : Accounts(target_.root));
        if (asks() && !can_ask())
            throw Error(ErrorCode::usage,
                        "restoring to where everything was has to be confirmed, and there is no terminal",
                        "Give --to DIR for another place, --yes, or --dry-run.");
        const auto place = find_rescue_place(context);
        boot_.check(place);
        return with_repository(context, place,
                               [&](repository::Repository& repository) { return rescue(context, repository, place); });
    }

  private:
    void find_root() {
        if (!target_.folder.empty() && (!root_.empty() || !moves_.all().empty()))
            throw Error(ErrorCode::usage, "--root and --move are for what goes back to where it was, not for --to");
        if (root_.empty()) return;
        if (geteuid() != 0) throw Error(ErrorCode::failed, "only root can restore into another system");
        boot_tables(root_);  // throws where there is none
        const auto root = std::filesystem::canonical(root_).string();
        if (root != "/") target_.root = root;
    }

    bool asks() const { return target_.folder.empty() && !yes_ && !dry_run_; }

    ExitCode rescue(Context& context, const repository::Repository& repository, const Place& place) {
        auto catalog = repository.open_catalog();
        const auto sources = choose(context, catalog);
        RescueOutcome outcome;
        std::vector<repository::Snapshot> snapshots;
        for (const auto& health : sources) snapshots.push_back(health.last);
        owners_.find_for(context, repository::owners_of(repository, snapshots));
        if (target_.folder.empty()) moves_.find_for(context, catalog, sources, owners_);
        target_.moves = moves_.all();
        outcome.plan = plan_rescue(catalog, sources, target_, owners_);
        if (dry_run_) return rehearse(context, repository, outcome);
        if (asks()) ask(context, repository, outcome, target_.root);
        for (auto& planned : outcome.plan) restore(context, repository, planned);
        outcome.owners = owners_.remarks();
        outcome.owners.insert(outcome.owners.end(), moves_.remarks().begin(), moves_.remarks().end());
        const auto kept = repository::kept_configuration(repository, sources.front().source.host);
        put_back_settings(context, place, kept, outcome);
        outcome.next = next_steps(context, place, sources.front().source.host, kept);
        print(context, outcome);
        return outcome.code();
    }

    // Of files: a mailbox was nowhere on this machine.
    std::vector<SourceHealth> choose(Context& context, repository::Catalog& catalog) {
        auto known = source_health(catalog.sources(), catalog.snapshots());
        has_mailboxes_ = std::erase_if(known, [](const auto& health) { return is_mailbox(health.source); }) > 0;
        if (known.empty() && has_mailboxes_)
            throw Error(ErrorCode::not_found, "the volume holds no backups but those of mailboxes", kMailboxStep);
        if (known.empty()) throw Error(ErrorCode::not_found, "the volume holds no backups", "Is it the right one?");
        const auto possible = choice_.possible(known);
        print_rescue_list(context, possible);
        return choice_.choose(possible);
    }

    static ExitCode rehearse(Context& context, const repository::Repository& repository, RescueOutcome& outcome) {
        for (auto& planned : outcome.plan) {
            run_rehearsal(context, repository, planned.options, Steps::print, planned.result);
            print(context, planned.result);
            planned.is_done = true;
        }
        return outcome.code();
    }

    static void ask(Context& context, const repository::Repository& repository, const RescueOutcome& outcome,
                    const std::string& root) {
        for (const auto& planned : outcome.plan) show_preview(context, repository, planned.options, planned.result);
        if (!confirm(root.empty() ? "Put all this back to where it was?"
                                  : fmt::format("Put all this into the system at {}?", os::printable(root))))
            throw Error(ErrorCode::interrupted, "nothing was restored", "--to DIR restores to another place.");
    }

    static void restore(Context& context, const repository::Repository& repository, PlannedRestore& planned) {
        try {
            run_restore(context, repository, planned.options, planned.result);
            planned.is_done = true;
            print(context, planned.result);
        } catch (const Error& error) {
            if (ends_everything(error.code())) throw;
            planned.trouble = error.message();
        }
    }

    // Whatever happens here, what was restored is told.
    void put_back_settings(Context& context, const Place& place, const repository::KeptConfiguration& kept,
                           RescueOutcome& outcome) {
        try {
            boot_.put_back(context, place, parse_kept_boot(kept.boot), target_.root);
        } catch (const Error& error) {
            outcome.troubles.push_back("crypttab and fstab were not changed: " + error.message());
        }
        try {
            configuration_.put_back(context, kept, target_.root);
        } catch (const Error& error) {
            outcome.troubles.push_back("Kist's own configuration was not put back: " + error.message());
        }
    }

    std::vector<std::string> next_steps(Context& context, const Place& place, const std::string& host,
                                        const repository::KeptConfiguration& kept) const {
        std::vector<std::string> steps;
        if (!target_.folder.empty())
            steps.push_back(
                fmt::format("Look at what is in {}, and move it to where it belongs.", os::printable(target_.folder)));
        if (const auto name = name_of_machine(); host != name)
            steps.push_back(
                fmt::format("This machine is called {}: its backups begin a history of their own. To go on "
                            "with the one of {}, call it so.",
                            os::printable(name), os::printable(host)));
        if (has_mailboxes_) steps.emplace_back(kMailboxStep);
        steps.emplace_back("Back up again as before: kist backup FOLDER...");
        if (auto step = boot_.next_step(place, parse_kept_boot(kept.boot), target_.root); !step.empty())
            steps.push_back(std::move(step));
        for (auto& step : configuration_.next_steps(kept)) steps.push_back(std::move(step));
        for (auto& note : lockout_notes(place)) steps.push_back(std::move(note));
        if (!context.json() && target_.folder.empty() && target_.root.empty())
            steps.emplace_back("Programs that are running do not know yet what has changed: log in anew.");
        return steps;
    }

    // That what was restored belongs to.
    std::string name_of_machine() const {
        if (target_.root.empty()) return this_host();
        try {
            auto name = os::read_small_file(target_.root + "/etc/hostname");
            return name.substr(0, name.find_first_of(" \t\n"));
        } catch (const Error&) {
            return "";
        }
    }

    RescueChoice choice_;
    RescueTarget target_;
    OverwriteOption overwrite_;
    std::string root_;  // as it was typed
    RescueMoves moves_;
    RescueOwners owners_;
    RescueBoot boot_;
    RescueConfiguration configuration_;
    bool dry_run_ = false;
    bool yes_ = false;
    bool has_mailboxes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_rescue() {
    return std::make_unique<Rescue>();
}

}  // namespace kist::cli
