#include "cli/mail_restore_report.hpp"

#include "kist/os/directory.hpp"

#include "cli/duration.hpp"
#include "cli/json_names.hpp"
#include "cli/table.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using mailbox::MailTrouble;
using mailbox::RestoredFolder;

std::vector<std::string> plan_lines(const MailRestoreResult& result) {
    Table table(
        {{"FOLDER"}, {"ON THE SERVER"}, {"MESSAGES", Align::right}, {"TO SEND", Align::right}, {"SIZE", Align::right}});
    for (const auto& folder : result.summary.folders)
        table.add({os::printable(folder.name), folder.is_new ? "is created" : os::printable(folder.target),
                   std::to_string(folder.messages), std::to_string(folder.missing), to_string(folder.missing_bytes)});
    return table.lines();
}

void print_troubles(Context& context, const MailRestoreResult& result) {
    for (const auto& trouble : result.summary.troubles) {
        const auto* what = trouble.kind == MailTrouble::Kind::damaged ? "damaged, not sent" : "not sent";
        const auto message = trouble.uid == 0 ? std::string() : fmt::format(", message {}", trouble.uid);
        context.console.error(
            fmt::format("{}: {}{}: {}", what, os::printable(trouble.folder), message, trouble.reason));
    }
    if (!result.summary.left_out_keywords.empty())
        context.console.note(
            fmt::format("Keywords that the server does not keep: {}",
                        os::printable(fmt::format("{}", fmt::join(result.summary.left_out_keywords, " ")))));
    if (result.summary.reconnections > 0)
        context.console.note(
            fmt::format("The connection was lost {} times, and made again.", result.summary.reconnections));
}

void print_json(Context& context, const MailRestoreResult& result) {
    RestoredFolder all;
    for (const auto& folder : result.summary.folders) {
        Json line{{"type", "folder"}};
        put_path(line, "folder", folder.name);
        put_path(line, "target", folder.target);
        line["created"] = folder.is_new;
        line["subscribed"] = folder.gets_subscribed;
        line["messages"] = folder.messages;
        line["missing"] = folder.missing;
        line["missing_bytes"] = folder.missing_bytes.value;
        line["sent"] = folder.sent;
        line["sent_bytes"] = folder.sent_bytes.value;
        context.output.json(line);
        all.messages += folder.messages, all.missing += folder.missing, all.missing_bytes += folder.missing_bytes;
        all.sent += folder.sent, all.sent_bytes += folder.sent_bytes;
    }
    for (const auto& trouble : result.summary.troubles) {
        Json line{{"type", "trouble"}, {"kind", trouble.kind == MailTrouble::Kind::damaged ? "damaged" : "refused"}};
        put_path(line, "folder", trouble.folder);
        if (trouble.uid != 0) line["uid"] = trouble.uid;
        line["reason"] = trouble.reason;
        context.output.json(line);
    }
    Json line{{"type", result.is_rehearsal ? "dry-run" : "mail-restore"}, {"snapshot", result.snapshot}};
    line["messages"] = all.messages;
    line["missing"] = all.missing;
    line["missing_bytes"] = all.missing_bytes.value;
    line["sent"] = all.sent;
    line["sent_bytes"] = all.sent_bytes.value;
    line["troubles"] = result.summary.troubles.size();
    line["left_out_keywords"] = result.summary.left_out_keywords;
    line["reconnections"] = result.summary.reconnections;
    context.output.json(line);
}

void print_text(Context& context, const MailRestoreResult& result) {
    if (context.options.verbosity == Verbosity::quiet) return;
    if (result.is_rehearsal) {
        for (const auto& line : plan_lines(result)) context.output.line(line);
        return context.output.line(fmt::format("Nothing was changed. {} messages of snapshot {} are missing on {}.",
                                               result.missing(), result.snapshot, result.server));
    }
    RestoredFolder all;
    for (const auto& folder : result.summary.folders)
        all.sent += folder.sent, all.sent_bytes += folder.sent_bytes, all.messages += folder.messages;
    context.output.line(fmt::format("Sent {} of {} messages of snapshot {} to {}; {} in {}", all.sent, all.messages,
                                    result.snapshot, result.server, to_string(all.sent_bytes), to_text(result.took)));
    if (const auto there = all.messages - result.missing(); there > 0)
        context.output.line(fmt::format("  {} were there already, or in folders that gave trouble", there));
}

}  // namespace

std::uint64_t MailRestoreResult::missing() const {
    std::uint64_t count = 0;
    for (const auto& folder : summary.folders) count += folder.missing;
    return count;
}

std::uint64_t MailRestoreResult::changes() const {
    const auto folders = std::ranges::count_if(
        summary.folders, [](const auto& folder) { return folder.is_new || folder.gets_subscribed; });
    return missing() + static_cast<std::uint64_t>(folders);
}

void show_plan(Context& context, const MailRestoreResult& result) {
    context.console.note(fmt::format("On {}, against snapshot {}:", result.server, result.snapshot));
    for (const auto& line : plan_lines(result)) context.console.note(line);
}

void print(Context& context, const MailRestoreResult& result) {
    print_troubles(context, result);
    context.json() ? print_json(context, result) : print_text(context, result);
}

}  // namespace kist::cli
