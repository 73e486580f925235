#include "cli/mailbox_backup.hpp"

#include "kist/mailbox/export.hpp"

#include "cli/daily_traffic.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr unsigned kConnections = 2;

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

// What a day's limit leaves for this run, which counts towards it however it ends.
class DayAllowance {
  public:
    DayAllowance(Context& context, const std::string& account, std::optional<ByteCount> limit,
                 const mailbox::Progress& progress)
        : context_(context), traffic_(account), limit_(limit), progress_(progress) {}
    DayAllowance(const DayAllowance&) = delete;
    DayAllowance& operator=(const DayAllowance&) = delete;
    ~DayAllowance() {
        if (!limit_ || progress_.bytes_done == 0) return;
        try {
            traffic_.add(context_.clock.now(), ByteCount{progress_.bytes_done});
        } catch (const Error& error) {
            context_.console.note(fmt::format("The day's limit cannot be kept: {}", error.message()));
        }
    }

    std::optional<ByteCount> rest() const {
        if (!limit_) return std::nullopt;
        const auto used = traffic_.of_day(context_.clock.now());
        return used < *limit_ ? *limit_ - used : ByteCount{};
    }

  private:
    Context& context_;
    const DailyTraffic traffic_;
    const std::optional<ByteCount> limit_;
    const mailbox::Progress& progress_;
};

}  // namespace

SourceResult back_up_mailbox(Context& context, repository::Repository& repository, const MailboxBackup& backup,
                             const MailLogin& login) {
    const auto choice = folders_of(backup.account);
    mailbox::Progress progress;
    mailbox::ExportOptions options;
    options.account = backup.account.name;
    if (backup.account.configured != nullptr) options.name = backup.account.configured->name;
    if (backup.account.url.protocol == mailproto::Protocol::pop3)
        options.connect_pop3 = [&] { return login.connect_pop3(); };
    else
        options.connect = [&] { return login.connect(); };
    options.wants = [&](const std::string& folder) { return choice.wants(folder); };
    options.time = backup.time;
    options.tags = backup.tags;
    const auto* configured = backup.account.configured == nullptr ? nullptr : &*backup.account.configured->mailbox;
    options.connections = configured == nullptr ? kConnections : configured->connections.value_or(kConnections);
    const DayAllowance allowance(context, backup.account.name,
                                 configured == nullptr ? std::nullopt : configured->daily_limit, progress);
    options.most_bytes = allowance.rest();
    options.progress = &progress;
    options.interrupted = &interrupt_flag();
    SourceResult result;
    const auto start = std::chrono::steady_clock::now();
    {
        const Progress line(context.console, drawing(context), [&] { return sample(progress); });
        auto summary = mailbox::export_mailbox(repository, options, context.clock);
        if (summary.excluded > 0)
            context.console.detail(fmt::format("{} folders are left out by the configuration.", summary.excluded));
        if (summary.in_other_folders > 0)
            context.console.detail(fmt::format("{} messages came with another folder, and were not fetched again.",
                                               summary.in_other_folders));
        if (summary.reconnections > 0)
            context.console.note(
                fmt::format("The connection was lost {} times, and made again.", summary.reconnections));
        result.summary = as_backup(std::move(summary));
    }
    result.took = std::chrono::steady_clock::now() - start;
    return result;
}

}  // namespace kist::cli
