#include "cli/mailbox_backup.hpp"

#include "kist/mailbox/export.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/parallel.hpp"

#include "cli/daily_traffic.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr unsigned kConnections = 2;

constexpr std::size_t kAtOnce = 4;  // accounts

// Of all of them; what most of the time goes to is said.
ProgressSample sample(const std::vector<mailbox::Progress>& accounts) {
    ProgressSample sum{"finishing", 0, 0, 0, 0};
    std::uint64_t folders = 0;
    bool is_looking = false;
    for (const auto& progress : accounts) {
        const auto phase = progress.phase.load();
        if (phase == mailbox::Phase::fetching) sum.doing = "fetching mail";
        is_looking = is_looking || phase == mailbox::Phase::looking;
        folders += progress.folders_seen;
        sum.files_done += progress.messages_done;
        sum.files_total += progress.messages_total;
        sum.bytes_done += progress.bytes_done;
    }
    if (!is_looking) return sum;
    if (sum.files_total == 0) return {"looking through folders", folders, 0, 0, 0};
    sum.doing = "fetching mail";
    sum.files_total = 0;  // more will come
    return sum;
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

// What a day's limit leaves for this run, which counts towards it however it ends: killed, but for the last 16 MiB.
class DayAllowance {
  public:
    DayAllowance(Context& context, const std::string& account, std::optional<ByteCount> limit,
                 const mailbox::Progress& progress)
        : context_(context), traffic_(account), limit_(limit), progress_(progress) {}
    DayAllowance(const DayAllowance&) = delete;
    DayAllowance& operator=(const DayAllowance&) = delete;
    ~DayAllowance() {
        if (progress_.bytes_done > counted_.value) count({progress_.bytes_done - counted_.value});
    }

    void count(ByteCount fetched) {
        if (!limit_) return;
        counted_ += fetched;
        try {
            traffic_.add(context_.clock.now(), fetched);
        } catch (const Error& error) {
            if (!std::exchange(is_told_, true))
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
    ByteCount counted_;
    bool is_told_ = false;
};

// where: a repository, or a group of runs.
template <typename Where>
SourceResult back_up_into(Context& context, Where& where, const MailboxBackup& backup, mailbox::Progress& progress) {
    const auto choice = folders_of(backup.account);
    mailbox::ExportOptions options;
    options.account = backup.account.name;
    if (backup.account.configured != nullptr) options.name = backup.account.configured->name;
    if (backup.account.url.protocol == mailproto::Protocol::pop3)
        options.connect_pop3 = [&] { return backup.login->connect_pop3(); };
    else
        options.connect = [&] { return backup.login->connect(); };
    options.wants = [&](const std::string& folder) { return choice.wants(folder); };
    options.time = backup.time;
    options.tags = backup.tags;
    const auto* configured = backup.account.configured == nullptr ? nullptr : &*backup.account.configured->mailbox;
    options.connections = configured == nullptr ? kConnections : configured->connections.value_or(kConnections);
    DayAllowance allowance(context, backup.account.name, configured == nullptr ? std::nullopt : configured->daily_limit,
                           progress);
    options.most_bytes = allowance.rest();
    options.count_fetched = [&](ByteCount fetched) { allowance.count(fetched); };
    options.progress = &progress;
    options.interrupted = &interrupt_flag();
    const auto start = std::chrono::steady_clock::now();
    auto summary = mailbox::export_mailbox(where, options, context.clock);
    const auto took = std::chrono::steady_clock::now() - start;
    const auto name = os::printable(backup.account.name);
    if (summary.excluded > 0)
        context.console.detail(
            fmt::format("{}: {} folders are left out by the configuration.", name, summary.excluded));
    if (summary.in_other_folders > 0)
        context.console.detail(fmt::format("{}: {} messages came with another folder, and were not fetched again.",
                                           name, summary.in_other_folders));
    if (summary.held > 0)
        context.console.detail(fmt::format(
            "{}: {} messages were moved or have other numbers, and were not fetched again.", name, summary.held));
    if (summary.reconnections > 0)
        context.console.note(
            fmt::format("{}: the connection was lost {} times, and made again.", name, summary.reconnections));
    return {{}, as_backup(std::move(summary)), took};
}

}  // namespace

SourceResult back_up_mailbox(Context& context, repository::Repository& repository, const MailboxBackup& backup) {
    std::vector<mailbox::Progress> progress(1);
    const Progress line(context.console, drawing(context), [&] { return sample(progress); });
    return back_up_into(context, repository, backup, progress.front());
}

void back_up_mailboxes(Context& context, repository::Repository& repository, const MailboxesBackup& backups) {
    repository::RunGroup group(repository);
    std::vector<mailbox::Progress> progress(backups.count);
    const Progress line(context.console, drawing(context), [&] { return sample(progress); });
    std::mutex mutex;
    std::size_t begun = 0;
    bool goes_on = true;
    const auto back_up_next = [&] {
        std::unique_lock lock(mutex);
        if (!goes_on || begun == backups.count) return false;
        const auto which = begun++;
        MailboxOutcome outcome;
        try {
            const auto backup = backups.prepare(which);
            lock.unlock();
            outcome.result = back_up_into(context, group, backup, progress[which]);
        } catch (const Error& error) {
            outcome.error = error;
        }
        if (!lock) lock.lock();
        progress[which].phase = mailbox::Phase::committing;  // whatever became of it
        goes_on = backups.conclude(which, std::move(outcome)) && goes_on;
        return true;
    };
    os::run_in_parallel(static_cast<unsigned>(std::min(kAtOnce, backups.count)), [&] {
        while (back_up_next()) {
        }
    });
}

}  // namespace kist::cli
