#include "kist/base/error.hpp"
#include "kist/mailbox/folder_choice.hpp"
#include "kist/mailbox/message_selection.hpp"
#include "kist/os/directory.hpp"

#include "cli/colour.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_names.hpp"
#include "cli/mail_source.hpp"
#include "cli/message_options.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr std::size_t kFromWidth = 28;
constexpr std::size_t kFolderWidth = 16;

// The first `width` code points, and blanks up to them.
std::string padded(const std::string& text, std::size_t width) {
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size(); ++end) {
        const bool is_first = (static_cast<std::uint8_t>(text[end]) & 0xc0U) != 0x80;
        if (is_first && count++ == width) break;
    }
    auto cut = text.substr(0, end);
    return cut.append(width - std::min(width, display_width(cut)), ' ');
}

class MailFind : public Command {
  public:
    void declare(Options& options) override {
        options.arguments("[SNAPSHOT] ACCOUNT", words_,
                          "Which snapshot (default: the newest) of which mailbox: of the configuration, by its URL, or "
                          "by its folder's name in latest/mail",
                          Presence::required);
        messages_.declare(options);
        options.flag("--all", all_, "In all snapshots: each message once, as the newest one that holds it has it");
        options.flag("-0,--null", nul_, "Print SNAPSHOT:PATH only, for `kist cat --mail`, with NUL behind each");
        options.footer(
            "Examples:\n  kist mail find work --from bert --since 2026-01-01\n"
            "  kist mail find --all work --subject invoice --folder Archive\n"
            "  kist mail find -0 work --message-id 17@example.org | xargs -0n1 kist cat --mail\n\n"
            "Texts are found wherever they stand, whatever the letters' case, in fields decoded to UTF-8. The same "
            "options\nchoose for `kist mail export` and `kist mail restore`.");
    }

    bool is_for_reading() const override { return true; }

    ExitCode run(Context& context) override {
        if (words_.size() > 2)
            throw Error(ErrorCode::usage, "more than a snapshot and an account", "`kist mail find --help` says more.");
        const bool has_snapshot = words_.size() == 2;
        if (has_snapshot && all_) throw Error(ErrorCode::usage, "either a snapshot or --all");
        const auto query = messages_.query(context.clock.now());
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const auto source = find_mail_source(catalog, context.options.configured, words_.back());
            mailbox::MessageSearch search(repository, catalog, query);
            for (const auto& snapshot : snapshots(catalog, source, has_snapshot ? words_.front() : "latest", context))
                look_into(context, catalog, {source, snapshot}, search);
            if (found_.empty() && !is_incomplete_) context.console.note("No message fits.");
            return is_incomplete_ ? ExitCode::incomplete : ExitCode::done;
        });
    }

  private:
    struct Where {
        const repository::Source& source;
        const repository::Snapshot& snapshot;
    };
    struct Found {
        const mailbox::SnapshotFolder& folder;
        const mailbox::SnapshotMessage& message;
        const repository::MailHeader& header;
        std::string path;
    };

    // Newest first.
    std::vector<repository::Snapshot> snapshots(repository::Catalog& catalog, const repository::Source& source,
                                                const std::string& text, const Context& context) const {
        if (!all_) return {find_mail_snapshot(catalog, source, text, context.clock.now())};
        auto snapshots = catalog.snapshots();
        std::erase_if(snapshots, [&](const auto& snapshot) { return snapshot.source != source.id; });
        std::ranges::reverse(snapshots);
        return snapshots;
    }

    void look_into(Context& context, repository::Catalog& catalog, const Where& where, mailbox::MessageSearch& search) {
        const mailbox::FolderChoice choice(messages_.folders(), {});
        for (const auto& folder : mailbox::snapshot_folders(catalog, where.snapshot)) {
            if (!folder.holds_messages || !choice.wants(folder.readable())) continue;
            for (const auto& message : mailbox::snapshot_messages(catalog, where.snapshot, folder)) {
                throw_if_interrupted();
                look_at(context, where, folder, message, search);
            }
        }
    }

    void look_at(Context& context, const Where& where, const mailbox::SnapshotFolder& folder,
                 const mailbox::SnapshotMessage& message, mailbox::MessageSearch& search) {
        const std::tuple key(folder.raw, message.uid_validity, message.uid);
        if (found_.contains(key)) return;
        try {
            const auto header = search.match(message);
            if (!header) return;
            found_.insert(key);
            const auto directory = folder.directory.empty() ? "" : folder.directory + "/";
            print(context, where,
                  {folder, message, *header, fmt::format("{}/{}cur/{}", where.source.path, directory, message.name)});
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            is_incomplete_ = true;
            context.console.error(fmt::format("not looked at: {}, message {}: {}", os::printable(folder.readable()),
                                              message.uid, error.message()));
        }
    }

    void print(Context& context, const Where& where, const Found& found) {
        if (context.json()) return print_json(context, where, found);
        if (nul_) return context.output.text(fmt::format("{}:{}", where.snapshot.number, found.path) + '\0');
        print_line(context, found);
    }

    static void print_json(Context& context, const Where& where, const Found& found) {
        Json line{{"type", "message"}, {"snapshot", where.snapshot.number}};
        put_path(line, "folder", found.folder.readable());
        line["uidvalidity"] = found.message.uid_validity;
        line["uid"] = found.message.uid;
        line["date"] = to_rfc3339(found.message.date);
        line["size"] = found.message.size;
        line["flags"] = Json::array();
        for (const auto& flag : found.message.flags) line["flags"].push_back(os::printable(flag));
        put_path(line, "from", found.header.from);
        put_path(line, "recipients", found.header.recipients);
        put_path(line, "subject", found.header.subject);
        put_path(line, "message_id", found.header.message_id);
        put_path(line, "path", found.path);
        context.output.json(line);
    }

    void print_line(Context& context, const Found& found) {
        if (!std::exchange(has_title_, true))
            context.output.line(fmt::format("{}  {:>7}  {:<16}  {}  SUBJECT", padded("FOLDER", kFolderWidth), "UID",
                                            "RECEIVED", padded("FROM", kFromWidth)));
        const auto folder = os::printable(found.folder.readable());
        context.output.line(fmt::format(
            "{}  {:>7}  {}  {}  {}",
            coloured(context.output, Colour::blue,
                     display_width(folder) > kFolderWidth ? folder : padded(folder, kFolderWidth)),
            found.message.uid, local_time(found.message.date), padded(os::printable(found.header.from), kFromWidth),
            coloured(context.output, Colour::bold, os::printable(found.header.subject))));
    }

    std::vector<std::string> words_;
    MessageOptions messages_;
    bool all_ = false;
    bool nul_ = false;
    bool is_incomplete_ = false;
    bool has_title_ = false;
    std::set<std::tuple<std::string, std::uint32_t, std::uint32_t>> found_;
};

}  // namespace

std::unique_ptr<Command> make_mail_find() {
    return std::make_unique<MailFind>();
}

}  // namespace kist::cli
