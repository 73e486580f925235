#include "kist/backup/backup.hpp"
#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/snapshot_name.hpp"

#include "cli/backup_report.hpp"
#include "cli/commands.hpp"
#include "cli/configured_source.hpp"
#include "cli/drill_report.hpp"
#include "cli/interrupt.hpp"
#include "cli/lockout_notes.hpp"
#include "cli/mail_logins.hpp"
#include "cli/mailbox_backup.hpp"
#include "cli/notified_work.hpp"
#include "cli/own_configuration.hpp"
#include "cli/progress.hpp"
#include "cli/selection_options.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/source_choice.hpp"
#include "cli/source_hooks.hpp"
#include "cli/source_outcome.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

namespace kist::cli {
namespace {

ProgressSample sample(const backup::Progress& progress) {
    const auto phase = progress.phase.load();
    if (phase == backup::Phase::scanning) return {"scanning", progress.entries_seen, 0, 0, 0};
    return {phase == backup::Phase::copying ? "backing up" : "finishing", progress.files_done, progress.files_total,
            progress.bytes_done, progress.bytes_total};
}

// The volume itself is no part of a source that it lies in.
std::vector<backup::FileIdentity> container_of(const Place& place) {
    const auto& path = place.open ? place.open->container : place.container;
    struct stat status {};
    if (path.empty() || stat(path.c_str(), &status) != 0) return {};
    return {{status.st_dev, status.st_ino}};
}

// Trouble with the volume, or the user's wish to stop: the other sources would fare no better.
bool ends_everything(ErrorCode code) {
    return code == ErrorCode::interrupted || code == ErrorCode::no_space || code == ErrorCode::damaged ||
           code == ErrorCode::busy;
}

// A source that failed altogether counts more than entries that were skipped, whatever the numbers are.
ExitCode worse(ExitCode a, ExitCode b) {
    return a == ExitCode::failed || b == ExitCode::failed ? ExitCode::failed : std::max(a, b);
}

class Backup : public Command {
  public:
    void declare(Options& options) override {
        options.arguments("SOURCE", sources_,
                          "Folders, files, mailboxes (imaps://user@host, pop3s://user@host), or names from the "
                          "configuration (default: all of those)",
                          Presence::optional);
        options.text("--time", "TIME", time_, "The snapshot's time, for imports: 2026-11-20 08:15");
        options.texts("--tag", "TAG", tags_,
                      "Mark the snapshot with this word; prune --keep-tag keeps it. May be given again");
        options.flag("--no-drill", no_drill_, "Do not restore a few files into memory afterwards");
        rules_.declare(options);
        options.text("--source-snapshot", "WHEN", source_snapshot_,
                     "Read a source from a snapshot: auto (where there can be one), btrfs, lvm (thin), or never");
        options.flag("--sqlite-online", sqlite_online_,
                     "Copy SQLite databases that are open (a -wal stands beside) as of one transaction");
        access_.declare(options);
        options.footer(
            "Examples:\n  kist backup                          all that /etc/kist/kist.toml has sources for\n"
            "  kist backup ~/Documents ~/Pictures\n  kist backup ~ --exclude '*.iso' --exclude "
            "/Downloads/\n"
            "  kist backup imaps://anna@mail.example.org --password-command 'pass mail'\n\n"
            "Each source gets a snapshot of its own. Only what changed is read and written. Then a few files of any\n"
            "snapshots, at most 16 and 32 MiB, are restored into memory, to see that this works. Exit code 3: done, "
            "but\n"
            "some entries could not be read, or cannot be restored; they are named. 1: a source failed altogether.");
    }

    ExitCode run(Context& context) override {
        if (!time_.empty()) snapshot_time_ = parse_time(context.clock.now());
        given_ = rules_.given();
        listed_ = rules_.listed();
        now_ = context.clock.now();
        snapshot_use(nullptr);
        const auto chosen = choose_sources(context.options, sources_);
        for (const auto& volume : chosen)
            for (const auto& source : volume.sources) {  // a wrong rule is found before anything is done
                rules_.selection(given_, source.configured);
                rules_.boundaries(source.configured, now_);
                refuse_rules_for_mail(source);
                is_only_one_ = chosen.size() == 1 && volume.sources.size() == 1;
            }
        news_.host = this_host();
        return run_and_tell(context, news_, [&] { return back_up_to_all(context, chosen); });
    }

  private:
    ExitCode back_up_to_all(Context& context, const std::vector<ChosenSources>& chosen) {
        auto worst = ExitCode::done;
        for (const auto& volume : chosen) {
            try {
                worst = worse(worst, back_up_to(context, volume));
            } catch (const Error& error) {
                if (chosen.size() == 1 || error.code() == ErrorCode::interrupted) throw;
                report(context, error);
                news_.parts.push_back({names_of(volume.sources), error});
                worst = ExitCode::failed;
            }
        }
        return worst;
    }

    void refuse_rules_for_mail(const ChosenSource& source) const {
        if (!mailproto::is_mail_url(source.path) || (given_.is_everything() && !listed_)) return;
        throw Error(ErrorCode::usage, "rules and lists of files do not fit a mailbox",
                    "Which of its folders are backed up is said in the configuration: folders and exclude-folders.");
    }

    Timestamp parse_time(Timestamp now) const {
        const auto time = repository::parse_time(time_, now);
        if (!time)
            throw Error(ErrorCode::usage, fmt::format("--time {} is no time", os::printable(time_)),
                        "Times look like 2026-11-20, \"2026-11-20 08:15\" or 2026-11-20T08:15:00Z.");
        return *time;
    }

    ExitCode back_up_to(Context& context, const ChosenSources& chosen) {
        const auto place = find_place(context.options, chosen.volume);
        left_out_ = container_of(place);
        volume_ = volume_name(context.options, chosen.volume);
        if (volume_.empty()) volume_ = place_name(place);
        news_.volume =
            news_.volume.empty() || news_.volume == volume_ ? volume_ : fmt::format("{}, {}", news_.volume, volume_);
        logins_ = std::make_unique<MailLogins>(access_, context.options.configured);
        const auto code = with_repository(context, place, [&](repository::Repository& repository) {
            return back_up_and_drill(context, repository, chosen.sources, place);
        });
        for (const auto& note : lockout_notes(place)) context.console.note(note);
        return code;
    }

    static std::string names_of(const std::vector<ChosenSource>& sources) {
        std::vector<std::string> names;
        for (const auto& source : sources) names.push_back(name_of(source));
        return fmt::format("{}", fmt::join(names, ", "));
    }

    ExitCode back_up_and_drill(Context& context, repository::Repository& repository,
                               const std::vector<ChosenSource>& sources, const Place& place) const {
        const auto code = back_up_all(context, repository, sources);
        keep_own_configuration(context, repository, place);
        if (no_drill_) return code;
        const auto drill = run_small_drill(context, repository);
        if (drill.failure_count > 0) tell(news_.parts.emplace_back(notify::PartNews{volume_, std::nullopt}), drill);
        return drill.failure_count > 0 && code == ExitCode::done ? ExitCode::incomplete : code;
    }

    ExitCode back_up_all(Context& context, repository::Repository& repository,
                         const std::vector<ChosenSource>& sources) const {
        expect_accounts(context, sources);
        auto worst = ExitCode::done;
        for (auto at = sources.begin(); at != sources.end();) {
            const auto* configured = at->configured;
            auto end = end_of_mailboxes(at, sources.end());
            if (end - at > 1) {
                worst = worse(worst, back_up_mailboxes_at(context, repository, {at, end}));
            } else {
                end = configured == nullptr ? at + 1 : std::find_if(at, sources.end(), [&](const auto& one) {
                    return one.configured != configured;
                });
                worst = worse(worst, back_up_source(context, repository, {at, end}));
            }
            at = end;
        }
        return worst;
    }

    using Sources = std::vector<ChosenSource>::const_iterator;

    // Behind the mailboxes from here on that can be backed up at once: none twice, and none that has hooks.
    static Sources end_of_mailboxes(Sources at, Sources end) {
        return std::find_if(at, end, [&](const ChosenSource& source) {
            const auto* configured = source.configured;
            return !mailproto::is_mail_url(source.path) || (configured != nullptr && !configured->hooks.is_empty()) ||
                   std::any_of(at, end, [&](const ChosenSource& other) {
                       return &other < &source && other.path == source.path;
                   });
        });
    }

    ExitCode back_up_mailboxes_at(Context& context, repository::Repository& repository,
                                  const std::vector<ChosenSource>& mailboxes) const {
        auto worst = ExitCode::done;
        std::optional<Error> stop;
        const auto prepare = [&](std::size_t which) { return mailbox_of(context, mailboxes[which]); };
        const auto take = [&](std::size_t which, MailboxOutcome&& outcome) {
            HookedResult result;
            if (outcome.result)
                worst = worse(worst, take_in(context, repository, *outcome.result, result));
            else
                result.error = outcome.error;
            conclude(context, mailboxes[which], result, news_);
            if (!result.error) return true;
            worst = ExitCode::failed;
            if (!ends_everything(result.error->code()))
                report(context, named(mailboxes[which], *result.error));
            else if (!stop)
                stop = result.error;
            return !stop;
        };
        back_up_mailboxes(context, repository, {mailboxes.size(), prepare, take});
        if (stop) throw Error(*stop);
        return worst;
    }

    // The paths of one configured source, with its hooks around them, or one path alone.
    ExitCode back_up_source(Context& context, repository::Repository& repository,
                            const std::vector<ChosenSource>& paths) const {
        std::optional<SourceHooks> hooks;
        if (const auto* configured = paths.front().configured; configured != nullptr && !configured->hooks.is_empty())
            hooks.emplace(context, HookedSource{*configured, texts_of(paths), volume_, repository.path()});
        HookedResult result;
        std::optional<Error> stop;
        auto code = ExitCode::done;
        try {
            if (hooks) hooks->run_before();
            for (const auto& path : paths) code = worse(code, back_up_path(context, repository, path, result));
        } catch (const Error& error) {
            stop = error;
            if (!result.error) result.error = error;
        }
        if (hooks) hooks->run_after(result);
        conclude(context, paths.front(), result, news_);
        if (stop && (is_only_one_ || ends_everything(stop->code()))) throw Error(*stop);
        if (stop) report(context, *stop);
        return result.error ? ExitCode::failed : code;
    }

    static std::vector<std::string> texts_of(const std::vector<ChosenSource>& paths) {
        std::vector<std::string> texts;
        for (const auto& path : paths) texts.push_back(path.path);
        return texts;
    }

    // What ends no more than this path is in the result.
    ExitCode back_up_path(Context& context, repository::Repository& repository, const ChosenSource& path,
                          HookedResult& result) const {
        try {
            auto done = mailproto::is_mail_url(path.path)
                            ? back_up_mailbox(context, repository, mailbox_of(context, path))
                            : back_up_files(context, repository, path);
            return take_in(context, repository, done, result);
        } catch (const Error& error) {
            if (is_only_one_ || ends_everything(error.code())) throw;
            report(context, named(path, error));
            if (!result.error) result.error = error;
            return ExitCode::failed;
        }
    }

    backup::SourceSnapshotUse snapshot_use(const config::Source* configured) const {
        if (source_snapshot_.empty())
            return configured == nullptr ? backup::SourceSnapshotUse::never : snapshot_use_of(*configured);
        if (source_snapshot_ == "auto") return backup::SourceSnapshotUse::where_possible;
        if (source_snapshot_ == "btrfs") return backup::SourceSnapshotUse::btrfs;
        if (source_snapshot_ == "lvm") return backup::SourceSnapshotUse::lvm;
        if (source_snapshot_ == "never") return backup::SourceSnapshotUse::never;
        throw Error(ErrorCode::usage, fmt::format("--source-snapshot {}", os::printable(source_snapshot_)),
                    "It is auto, btrfs, lvm or never.");
    }

    std::vector<std::string> tags_of(const config::Source* configured) const {
        auto tags = tags_;
        if (configured != nullptr) tags.insert(tags.end(), configured->tags.begin(), configured->tags.end());
        return tags;
    }

    static MailAccount account_of(const Context& context, const ChosenSource& source) {
        return source.configured != nullptr
                   ? MailAccount{source.configured->name, parse_account_url(source.path), source.configured}
                   : find_mail_account(context.options.configured, source.path);
    }

    // Their passwords are read first, and asked for, so that nobody has to wait for the next question. What a hook
    // before it may change is left until then.
    void expect_accounts(const Context& context, const std::vector<ChosenSource>& sources) const {
        for (const auto& source : sources) {
            const bool has_hook = source.configured != nullptr && !source.configured->hooks.before.empty();
            if (!mailproto::is_mail_url(source.path) || has_hook) continue;
            std::optional<MailAccount> account;
            try {
                account = account_of(context, source);
            } catch (const Error&) {
                continue;  // what is wrong with it is said at its turn, and keeps no other source from its backup
            }
            logins_->expect(*account);
        }
    }

    MailboxBackup mailbox_of(const Context& context, const ChosenSource& source) const {
        const auto account = account_of(context, source);
        return {account, snapshot_time_, tags_of(source.configured), &logins_->take(account)};
    }

    SourceResult back_up_files(Context& context, repository::Repository& repository, const ChosenSource& source) const {
        backup::Progress progress;
        const backup::BackupOptions options{
            .host = this_host(),
            .path = source.path,
            .name = source.configured == nullptr ? "" : source.configured->name,
            .time = snapshot_time_,
            .tags = tags_of(source.configured),
            .selection = rules_.selection(given_, source.configured),
            .boundaries = rules_.boundaries(source.configured, now_),
            .listed = listed_ ? &*listed_ : nullptr,
            .left_out = left_out_,
            .source_snapshot = snapshot_use(source.configured),
            .open_databases = sqlite_online_ || (source.configured != nullptr && source.configured->sqlite_online)
                                  ? backup::OpenDatabases::online
                                  : backup::OpenDatabases::as_files,
            .progress = &progress,
            .interrupted = &interrupt_flag(),
        };
        SourceResult result;
        const auto start = std::chrono::steady_clock::now();
        {
            const Progress line(context.console, drawing(context), [&] { return sample(progress); });
            result.summary = backup::back_up(repository, options, context.clock);
        }
        result.took = std::chrono::steady_clock::now() - start;
        return result;
    }

    std::vector<std::string> sources_;
    std::string time_;
    std::vector<std::string> tags_;
    bool no_drill_ = false;
    std::string source_snapshot_;
    bool sqlite_online_ = false;
    SelectionOptions rules_;
    ServerAccess access_;  // of mailboxes
    std::unique_ptr<MailLogins> logins_;
    selection::Selection given_;
    std::optional<backup::ListedName> listed_;
    Timestamp now_{};
    std::optional<Timestamp> snapshot_time_;
    bool is_only_one_ = false;
    std::string volume_;  // that is being backed up to, as hooks are told
    mutable notify::News news_;
    std::vector<backup::FileIdentity> left_out_;
};

}  // namespace

std::unique_ptr<Command> make_backup() {
    return std::make_unique<Backup>();
}

}  // namespace kist::cli
