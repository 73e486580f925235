#include "cli/mail_removal.hpp"

#include "kist/base/error.hpp"
#include "kist/mailbox/proof.hpp"
#include "kist/os/directory.hpp"

#include "cli/json_names.hpp"
#include "cli/mail_source.hpp"
#include "cli/prompt.hpp"
#include "cli/session.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr std::size_t kMostShown = 20;
constexpr std::size_t kMostNamed = 5;
constexpr std::size_t kLongestSubject = 70;
constexpr std::uint32_t kMostInRange = 1'000'000;

std::uint32_t parse_uid(std::string_view text, const std::string& whole) {
    std::uint32_t uid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
    if (error == std::errc() && end == text.data() + text.size() && uid > 0) return uid;
    throw Error(ErrorCode::usage, fmt::format("--message {} is no message's number", os::printable(whole)),
                "Numbers are UIDs, as in the names of the files in latest/mail: 17, or 17:20.");
}

}  // namespace

Error unproven(std::size_t all, const std::vector<std::string>& lines, const std::string& advice) {
    const auto named = std::min(lines.size(), kMostNamed);
    auto text = fmt::format(
        "{} of {} messages are not proven to be in the newest snapshot, and nothing was changed: {}", lines.size(), all,
        fmt::join(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(named), "; "));
    if (lines.size() > named) text += fmt::format("; and {} more", lines.size() - named);
    return {ErrorCode::failed, text, advice};
}

std::string shortened_subject(std::string text) {
    if (text.size() > kLongestSubject) text.resize(kLongestSubject);
    return os::printable(text);
}

std::vector<std::uint32_t> parse_uids(const std::vector<std::string>& texts) {
    std::set<std::uint32_t> uids;
    for (const auto& text : texts) {
        const auto colon = text.find(':');
        const auto first = parse_uid(std::string_view(text).substr(0, colon), text);
        const auto last =
            colon == std::string::npos ? first : parse_uid(std::string_view(text).substr(colon + 1), text);
        if (last < first || last - first > kMostInRange)
            throw Error(ErrorCode::usage, fmt::format("--message {} is no range of numbers", os::printable(text)));
        for (auto uid = first;; ++uid) {
            uids.insert(uid);
            if (uid == last) break;
        }
    }
    return {uids.begin(), uids.end()};
}

void MailRemoval::declare_without_backup(Options& options) {
    options.flag("--without-backup", without_backup_, "Do not ask for a snapshot that holds what goes");
}

void MailRemoval::declare(Options& options) {
    options.flag(
        "--accept-race", accept_race_,
        "On a server without UIDPLUS: remove everything flagged \\Deleted, also what another program flags just "
        "then");
    options.flag("--dry-run", dry_run_, "Change nothing: prove, and show what would go");
    options.flag("--yes", yes_, "Do not ask");
}

void MailRemoval::require_consent() const {
    if (!yes_ && !dry_run_ && !can_ask())
        throw Error(ErrorCode::usage, "removing mail from a server has to be confirmed, and there is no terminal",
                    "Give --yes, or --dry-run to see what would go.");
}

ExitCode MailRemoval::run(Context& context, const std::function<ExitCode(const repository::Repository*)>& work) const {
    if (without_backup_) return work(nullptr);
    return with_repository(context, [&](repository::Repository& repository) { return work(&repository); });
}

std::vector<std::uint32_t> MailRemoval::all_that_go(mailproto::OpenedFolder& folder,
                                                    const std::vector<std::uint32_t>& uids) const {
    if (folder.can_remove_exactly()) return uids;
    if (!accept_race_)
        throw Error(
            ErrorCode::usage,
            "the server cannot remove single messages (it has no UIDPLUS), only all that are flagged as deleted",
            "--accept-race does that; what another program flags at the same moment would go unproven.");
    std::vector<std::uint32_t> all;
    std::ranges::set_union(uids, folder.find("DELETED"), std::back_inserter(all));
    return all;
}

void MailRemoval::require_proof(const Context& context, const repository::Repository* repository, MailServer& server,
                                const mailproto::OpenedFolder& folder, const std::vector<std::uint32_t>& uids) const {
    if (repository == nullptr || uids.empty()) return;
    auto catalog = repository->open_catalog();
    const auto source = find_mail_source(catalog, context.options.configured, server.account().name);
    const auto snapshot = newest_snapshot(catalog, source);
    std::vector<std::string> lines;
    for (const auto& [uid, reason] :
         mailbox::find_unproven(*repository, snapshot, server.session(), {folder.raw(), folder.uid_validity(), uids}))
        lines.push_back(fmt::format("message {}: {}", uid, reason));
    if (!lines.empty()) throw unproven(uids.size(), lines, "`kist backup` of the account first, or --without-backup.");
}

void MailRemoval::ask(Context& context, std::size_t count, const FirstLines& first, const std::string& question) const {
    if (!yes_ || dry_run_) {
        const auto lines = first(std::min(count, kMostShown));
        for (const auto& line : lines) context.console.note("  " + line);
        if (count > lines.size()) context.console.note(fmt::format("  and {} more", count - lines.size()));
    }
    if (!yes_ && !dry_run_ && !confirm(question)) throw Error(ErrorCode::interrupted, "nothing was changed");
}

void MailRemoval::ask(Context& context, mailproto::OpenedFolder& folder, const std::vector<std::uint32_t>& uids,
                      const std::string& question) const {
    const auto lines = [&](std::size_t most) {
        const std::vector<std::uint32_t> first(uids.begin(), uids.begin() + static_cast<std::ptrdiff_t>(most));
        const auto subjects = folder.subjects(first);
        std::vector<std::string> shown;
        for (std::size_t at = 0; at < first.size(); ++at)
            shown.push_back(fmt::format("{:>6}  {}", first[at], shortened_subject(subjects[at])));
        return shown;
    };
    ask(context, uids.size(), lines, question);
}

ExitCode MailRemoval::remove(Context& context, const repository::Repository* repository, MailServer& server,
                             mailproto::OpenedFolder& folder, const std::vector<std::uint32_t>& uids) const {
    const auto name = os::printable(folder.raw());
    const auto going = uids.empty() ? uids : all_that_go(folder, uids);
    require_proof(context, repository, server, folder, going);
    if (going.empty()) return report(context, "removed", folder.raw(), 0, 0);
    ask(context, folder, going, fmt::format("Remove {} messages from {} on the server?", going.size(), name));
    if (dry_run_) return report(context, "dry-run", folder.raw(), going.size(), going.size());
    const auto left = folder.remove(going).size();
    return report(context, "removed", folder.raw(), going.size() - left, left);
}

ExitCode MailRemoval::report(Context& context, const char* type, const std::string& folder, std::size_t messages,
                             std::size_t left) {
    const bool is_rehearsal = std::string_view(type) == "dry-run";
    if (context.json()) {
        Json line{{"type", type}};
        put_path(line, "folder", folder);
        line["messages"] = messages;
        line["left"] = left;
        context.output.json(line);
    } else if (context.options.verbosity != Verbosity::quiet) {
        context.output.line(is_rehearsal ? fmt::format("Nothing was changed. {} messages of {} would go.", messages,
                                                       os::printable(folder))
                                         : fmt::format("{}: {} messages {}", os::printable(folder), messages, type));
    }
    if (is_rehearsal || left == 0) return ExitCode::done;
    context.console.error(fmt::format("{} messages are still there: the server did not remove them", left));
    return ExitCode::incomplete;
}

}  // namespace kist::cli
