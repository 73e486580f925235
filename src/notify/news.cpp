#include "kist/notify/news.hpp"

#include "kist/os/directory.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace kist::notify {
namespace {

constexpr std::size_t kMostExamples = 50;
constexpr std::size_t kMostParts = 200;

struct Wording {
    std::string_view title;
    std::string_view name;
    std::string_view after_failure;
};

Wording wording_of(Task task) {
    switch (task) {
        case Task::backup:
            break;
        case Task::check:
            return {"Check", "the check", "A check changes nothing. Run `kist check` again when the cause is gone.\n"};
        case Task::prune:
            return {"Pruning", "the pruning",
                    "The snapshots that are left restore as before; `kist list` shows them. Run `kist prune` again "
                    "when\n"
                    "the cause is gone.\n"};
        case Task::forget:
            return {"Forgetting snapshots", "forgetting snapshots",
                    "The snapshots that are left restore as before; `kist list` shows them. Run `kist forget` again "
                    "when\n"
                    "the cause is gone.\n"};
    }
    return {"Backup", "the backup",
            "What was backed up before is as it was. `kist status` tells how things are; run `kist backup` again "
            "when\n"
            "the cause is gone.\n"};
}

bool has_error(const PartNews& part) {
    return part.error.has_value();
}

bool has_damage(const PartNews& part) {
    return part.damaged > 0;
}

// Names in a message are printable already, and their backslashes are not doubled; a list in it keeps its lines.
std::string message_text(std::string_view message) {
    constexpr std::string_view kKept = "\\\n";
    std::string text;
    for (auto at = message.find_first_of(kKept); at != std::string_view::npos; at = message.find_first_of(kKept)) {
        text += os::printable(message.substr(0, at)) + (message[at] == '\n' ? "\n    " : "\\");
        message.remove_prefix(at + 1);
    }
    return text + os::printable(message);
}

std::string error_text(const Error& error) {
    auto text = fmt::format("  {}\n", message_text(error.message()));
    if (!error.hint().empty()) text += fmt::format("  What to do: {}\n", message_text(error.hint()));
    return text;
}

std::string state_of(const PartNews& part) {
    if (has_error(part)) return "FAILED";
    auto text = has_damage(part)   ? fmt::format("damage was found: {}", part.damaged)
                : part.skipped > 0 ? std::string("done, but not complete")
                                   : std::string("done");
    if (part.skipped > 0) text += fmt::format("; skipped: {}", part.skipped);
    return text;
}

std::string text_of(const PartNews& part) {
    auto text = fmt::format("{}: {}\n", os::printable(part.name), state_of(part));
    if (!part.done.empty()) text += fmt::format("  {}\n", message_text(part.done));
    if (part.error) text += error_text(*part.error);
    const auto shown = std::min(part.examples.size(), kMostExamples);
    for (std::size_t at = 0; at < shown; ++at) text += fmt::format("  {}\n", message_text(part.examples[at]));
    const auto found = part.skipped + part.damaged;
    if (found > shown && shown > 0) text += fmt::format("  and {} more\n", found - shown);
    return text;
}

std::string names_of(const std::vector<PartNews>& parts, bool (*is_meant)(const PartNews&), std::string_view many) {
    std::vector<std::string> names;
    for (const auto& one : parts)
        if (is_meant(one)) names.push_back(os::printable(one.name));
    if (names.size() == 1) return names.front();
    return fmt::format("{} {}", names.size(), many);
}

std::string subject_of(const News& news) {
    const auto subject = fmt::format("Kist on {}: {}", os::printable(news.host), wording_of(news.task).name);
    if (std::ranges::any_of(news.parts, has_error))
        return fmt::format("{} of {} FAILED", subject,
                           names_of(news.parts, has_error, news.task == Task::backup ? "sources" : "volumes"));
    if (news.trouble) return subject + " FAILED";
    if (std::ranges::any_of(news.parts, has_damage))
        return fmt::format("{} found DAMAGE in {}", subject, names_of(news.parts, has_damage, "places"));
    return subject + (news.has_skipped() ? " is done, but not complete" : " is done");
}

}  // namespace

bool News::has_failed() const {
    return trouble || std::ranges::any_of(parts, has_error) || std::ranges::any_of(parts, has_damage);
}

bool News::has_skipped() const {
    return std::ranges::any_of(parts, [](const auto& one) { return one.skipped > 0; });
}

MailText mail_about(const News& news) {
    const auto wording = wording_of(news.task);
    auto text = fmt::format("{} on {}", wording.title, os::printable(news.host));
    text += news.volume.empty() ? "\n\n" : fmt::format(" to {}\n\n", os::printable(news.volume));
    if (news.trouble) text += fmt::format("It ended before it was complete:\n{}\n", error_text(*news.trouble));
    const auto shown = std::min(news.parts.size(), kMostParts);
    for (std::size_t at = 0; at < shown; ++at) text += text_of(news.parts[at]);
    if (news.parts.size() > shown) text += fmt::format("and {} more\n", news.parts.size() - shown);
    if (std::ranges::any_of(news.parts, has_damage))
        text += "\n`kist check` names all that is damaged, and `kist repair` heals what can be healed.\n";
    if (news.trouble || std::ranges::any_of(news.parts, has_error)) text += fmt::format("\n{}", wording.after_failure);
    return {subject_of(news), std::move(text)};
}

MailText overdue_mail(const std::string& host, const std::vector<OverdueSource>& sources, Timestamp now) {
    std::string text =
        fmt::format("These sources on {} have not been backed up for too long:\n\n", os::printable(host));
    const auto shown = std::min(sources.size(), kMostParts);
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
    return {
        fmt::format("Kist on {}: notifications work", os::printable(host)),
        "This mail was sent by `kist notify test`. When a backup fails, or a check finds damage, you will get one like "
        "it.\n"};
}

}  // namespace kist::notify
