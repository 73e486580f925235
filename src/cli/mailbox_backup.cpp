#include "cli/mailbox_backup.hpp"

#include "kist/mailbox/export.hpp"

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

ProgressSample sample(const mailbox::Progress& progress) {
    const auto phase = progress.phase.load();
    if (phase == mailbox::Phase::looking) return {"looking through folders", progress.folders_seen, 0, 0, 0};
    return {phase == mailbox::Phase::fetching ? "fetching mail" : "finishing", progress.messages_done,
            progress.messages_total, progress.bytes_done, 0};
}

backup::BackupSummary as_backup(mailbox::ExportSummary&& summary) {
    backup::BackupSummary result;
    result.run = std::move(summary.run);
    result.files_read = summary.fetched;
    result.bytes_read = summary.bytes_fetched;
    result.files_taken_over = summary.taken_over;
    result.bytes_taken_over = summary.bytes_taken_over;
    return result;
}

}  // namespace

SourceResult back_up_mailbox(Context& context, repository::Repository& repository, const MailboxBackup& backup) {
    return back_up_mailbox(context, repository, backup,
                           MailLogin(backup.account, backup.access, context.options.configured));
}

SourceResult back_up_mailbox(Context& context, repository::Repository& repository, const MailboxBackup& backup,
                             const MailLogin& login) {
    const auto choice = folders_of(backup.account);
    mailbox::Progress progress;
    mailbox::ExportOptions options;
    options.account = backup.account.name;
    if (backup.account.configured != nullptr) options.name = backup.account.configured->name;
    options.connect = [&] { return login.connect(); };
    options.wants = [&](const std::string& folder) { return choice.wants(folder); };
    options.time = backup.time;
    options.tags = backup.tags;
    options.progress = &progress;
    options.interrupted = &interrupt_flag();
    SourceResult result;
    const auto start = std::chrono::steady_clock::now();
    {
        const Progress line(context.console, drawing(context), [&] { return sample(progress); });
        auto summary = mailbox::export_mailbox(repository, options, context.clock);
        if (summary.excluded > 0)
            context.console.detail(fmt::format("{} folders are left out by the configuration.", summary.excluded));
        if (summary.reconnections > 0)
            context.console.note(
                fmt::format("The connection was lost {} times, and made again.", summary.reconnections));
        result.summary = as_backup(std::move(summary));
    }
    result.took = std::chrono::steady_clock::now() - start;
    return result;
}

}  // namespace kist::cli
