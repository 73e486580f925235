#include "cli/mail_export_report.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/duration.hpp"
#include "cli/json_names.hpp"
#include "cli/table.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using mailbox::MailFilesTrouble;
using mailbox::MailFormat;
using mailbox::WrittenFolder;

constexpr std::array<std::pair<const char*, MailFormat>, 4> kFormats{{{"maildir", MailFormat::maildir},
                                                                      {"mboxrd", MailFormat::mboxrd},
                                                                      {"eml", MailFormat::eml},
                                                                      {"mbox+folders", MailFormat::mbox_folders}}};

const char* format_text(MailFormat format) {
    for (const auto& [name, known] : kFormats)
        if (known == format) return name;
    return "";
}

const char* kind_text(MailFilesTrouble::Kind kind) {
    switch (kind) {
        case MailFilesTrouble::Kind::damaged:
            return "damaged";
        case MailFilesTrouble::Kind::in_the_way:
            return "in-the-way";
        case MailFilesTrouble::Kind::refused:
            break;
    }
    return "refused";
}

WrittenFolder sum(const std::vector<WrittenFolder>& folders) {
    WrittenFolder all;
    for (const auto& folder : folders) {
        all.messages += folder.messages, all.written += folder.written, all.unchanged += folder.unchanged;
        all.written_bytes += folder.written_bytes;
    }
    return all;
}

void print_troubles(Context& context, const MailExportResult& result) {
    for (const auto& message : result.unread)
        context.console.error(fmt::format("not looked at: {}, message {}: {}", os::printable(message.folder),
                                          message.uid, message.reason));
    for (const auto& trouble : result.summary.troubles) {
        const auto* what = trouble.kind == MailFilesTrouble::Kind::damaged ? "damaged, not written" : "not written";
        const auto message = trouble.uid == 0 ? std::string() : fmt::format(", message {}", trouble.uid);
        context.console.error(
            fmt::format("{}: {}{}: {}", what, os::printable(trouble.folder), message, trouble.reason));
    }
    if (!result.summary.left_out_keywords.empty())
        context.console.note(
            fmt::format("Keywords beyond the 26 that a folder of a Maildir can have: {}",
                        os::printable(fmt::format("{}", fmt::join(result.summary.left_out_keywords, " ")))));
}

void print_json(Context& context, const MailExportResult& result) {
    for (const auto& folder : result.summary.folders) {
        Json line{{"type", "folder"}};
        put_path(line, "folder", folder.name);
        put_path(line, "path", folder.path);
        line["messages"] = folder.messages;
        line["written"] = folder.written;
        line["written_bytes"] = folder.written_bytes.value;
        line["unchanged"] = folder.unchanged;
        context.output.json(line);
    }
    for (const auto& message : result.unread) {
        Json line{{"type", "trouble"}, {"kind", "damaged"}};
        put_path(line, "folder", message.folder);
        line["uid"] = message.uid;
        line["reason"] = message.reason;
        context.output.json(line);
    }
    for (const auto& trouble : result.summary.troubles) {
        Json line{{"type", "trouble"}, {"kind", kind_text(trouble.kind)}};
        put_path(line, "folder", trouble.folder);
        if (trouble.uid != 0) line["uid"] = trouble.uid;
        line["reason"] = trouble.reason;
        context.output.json(line);
    }
    const auto all = sum(result.summary.folders);
    Json line{{"type", "mail-export"}, {"snapshot", result.snapshot}, {"format", format_text(result.format)}};
    put_path(line, "target", result.target);
    line["messages"] = all.messages;
    line["written"] = all.written;
    line["written_bytes"] = all.written_bytes.value;
    line["unchanged"] = all.unchanged;
    line["troubles"] = result.unread.size() + result.summary.troubles.size();
    line["left_out_keywords"] = result.summary.left_out_keywords;
    context.output.json(line);
}

void print_text(Context& context, const MailExportResult& result) {
    if (context.options.verbosity == Verbosity::quiet) return;
    const auto all = sum(result.summary.folders);
    context.output.line(fmt::format("Wrote {} of {} messages of snapshot {} to {}: {} in {}", all.written, all.messages,
                                    result.snapshot, os::printable(result.target), to_string(all.written_bytes),
                                    to_text(result.took)));
    if (all.unchanged > 0) context.output.line(fmt::format("  {} were there already", all.unchanged));
    if (result.format == MailFormat::maildir)
        context.output.line(fmt::format("To read it: mutt -R -F {}/muttrc", os::printable(result.target)));
}

}  // namespace

MailFormat parse_mail_format(const std::string& text) {
    for (const auto& [name, format] : kFormats)
        if (text == name) return format;
    throw Error(ErrorCode::usage, fmt::format("{} is no format for mail", os::printable(text)),
                "There are maildir, mboxrd, eml and mbox+folders.");
}

void print(Context& context, const MailExportResult& result) {
    print_troubles(context, result);
    context.json() ? print_json(context, result) : print_text(context, result);
}

void print_plan(Context& context, repository::SnapshotNumber snapshot, const mailbox::Selection& selection,
                const mailbox::MailFilesOptions& options) {
    Table table({{"FOLDER"}, {"MESSAGES", Align::right}, {"SIZE", Align::right}, {"TO"}});
    for (const auto& folder : selection.folders) {
        const mailbox::Selection alone{{folder}};
        const auto path = mailbox::path_in_target(folder.folder, options);
        if (context.json()) {
            Json line{{"type", "folder"}};
            put_path(line, "folder", folder.folder.readable());
            put_path(line, "path", path);
            line["messages"] = alone.messages();
            line["bytes"] = alone.bytes().value;
            context.output.json(line);
        }
        table.add({os::printable(folder.folder.readable()), std::to_string(alone.messages()), to_string(alone.bytes()),
                   os::printable(path.empty() ? "." : path)});
    }
    if (context.json()) {
        Json line{{"type", "dry-run"}, {"snapshot", snapshot}, {"format", format_text(options.format)}};
        put_path(line, "target", options.target);
        line["messages"] = selection.messages();
        line["bytes"] = selection.bytes().value;
        return context.output.json(line);
    }
    for (const auto& line : table.lines()) context.output.line(line);
    context.output.line(fmt::format("Nothing was written. {} messages of snapshot {} would go to {}: {}",
                                    selection.messages(), snapshot, os::printable(options.target),
                                    to_string(selection.bytes())));
}

}  // namespace kist::cli
