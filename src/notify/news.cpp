#include "kist/notify/news.hpp"

#include "kist/os/directory.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::notify {
namespace {

constexpr std::size_t kMostExamples = 50;
constexpr std::size_t kMostSources = 200;

bool has_failed(const SourceNews& news) {
    return news.error.has_value();
}

std::string error_text(const Error& error) {
    auto text = fmt::format("  {}\n", os::printable(error.message()));
    if (!error.hint().empty()) text += fmt::format("  What to do: {}\n", os::printable(error.hint()));
    return text;
}

std::string text_of(const SourceNews& news) {
    const auto name = os::printable(news.source);
    auto text = news.error         ? fmt::format("{}: FAILED\n", name)
                : news.skipped > 0 ? fmt::format("{}: done, but not complete; skipped: {}\n", name, news.skipped)
                                   : fmt::format("{}: done\n", name);
    if (!news.snapshots.empty())
        text += fmt::format("  {} {}\n", news.snapshots.size() > 1 ? "snapshots" : "snapshot",
                            fmt::join(news.snapshots, ", "));
    if (news.error) text += error_text(*news.error);
    const auto shown = std::min(news.examples.size(), kMostExamples);
    for (std::size_t at = 0; at < shown; ++at)
        text +=
            fmt::format("  {}: {}\n", os::printable(news.examples[at].path), os::printable(news.examples[at].reason));
    if (news.skipped > shown && shown > 0) text += fmt::format("  and {} more\n", news.skipped - shown);
    return text;
}

std::string names_of(const std::vector<SourceNews>& sources) {
    std::vector<std::string> names;
    for (const auto& one : sources)
        if (has_failed(one)) names.push_back(os::printable(one.source));
    return names.size() == 1 ? names.front() : fmt::format("{} sources", names.size());
}

std::string subject_of(const BackupNews& news) {
    const auto host = os::printable(news.host);
    if (news.trouble && news.sources.empty()) return fmt::format("Kist on {}: the backup FAILED", host);
    if (std::ranges::any_of(news.sources, has_failed))
        return fmt::format("Kist on {}: the backup of {} FAILED", host, names_of(news.sources));
    if (news.trouble) return fmt::format("Kist on {}: the backup FAILED", host);
    if (news.has_skipped()) return fmt::format("Kist on {}: the backup is done, but not complete", host);
    return fmt::format("Kist on {}: the backup is done", host);
}

}  // namespace

bool BackupNews::has_failed() const {
    return trouble || std::ranges::any_of(sources, notify::has_failed);
}

bool BackupNews::has_skipped() const {
    return std::ranges::any_of(sources, [](const auto& one) { return one.skipped > 0; });
}

MailText backup_mail(const BackupNews& news) {
    auto text = fmt::format("Backup on {}", os::printable(news.host));
    text += news.volume.empty() ? "\n\n" : fmt::format(" to {}\n\n", os::printable(news.volume));
    if (news.trouble) text += fmt::format("It ended before it was complete:\n{}\n", error_text(*news.trouble));
    const auto shown = std::min(news.sources.size(), kMostSources);
    for (std::size_t at = 0; at < shown; ++at) text += text_of(news.sources[at]);
    if (news.sources.size() > shown) text += fmt::format("and {} more sources\n", news.sources.size() - shown);
    if (news.has_failed())
        text +=
            "\nWhat was backed up before is as it was. `kist status` tells how things are; run `kist backup` again "
            "when\n"
            "the cause is gone.\n";
    return {subject_of(news), std::move(text)};
}

MailText overdue_mail(const std::string& host, const std::vector<OverdueSource>& sources, Timestamp now) {
    std::string text =
        fmt::format("These sources on {} have not been backed up for too long:\n\n", os::printable(host));
    const auto shown = std::min(sources.size(), kMostSources);
    for (std::size_t at = 0; at < shown; ++at) {
        const auto& [source, last] = sources[at];
        if (last)
            text += fmt::format("{}: last on {}, {} days ago\n", os::printable(source), to_rfc3339(*last),
                                std::chrono::floor<std::chrono::days>(now - *last).count());
        else
            text += fmt::format("{}: never, as far as this machine knows\n", os::printable(source));
    }
    if (sources.size() > shown) text += fmt::format("and {} more\n", sources.size() - shown);
    text += "\nPlug in the disk and run `kist backup`. This mail comes once a day until then.\n";
    return {sources.size() == 1
                ? fmt::format("Kist on {}: the backup of {} is overdue", os::printable(host),
                              os::printable(sources.front().source))
                : fmt::format("Kist on {}: the backups of {} sources are overdue", os::printable(host), sources.size()),
            std::move(text)};
}

MailText test_mail(const std::string& host) {
    return {fmt::format("Kist on {}: notifications work", os::printable(host)),
            "This mail was sent by `kist notify test`. When a backup fails, you will get one like it.\n"};
}

}  // namespace kist::notify
