#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/mail_removal.hpp"
#include "cli/mail_server.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class MailDelete : public Command {
  public:
    void declare(Options& options) override {
        options.argument("ACCOUNT", account_, "A mailbox of the configuration, or imaps://user@host",
                         Presence::required);
        options.argument("FOLDER", whole_, "The folder that goes with all its messages");
        options.text("--folder", "FOLDER", folder_, "The folder in which messages go");
        options.texts("--message", "UID", messages_, "A message that goes, or a range of them: 17:20");
        removal_.declare(options);
        removal_.declare_without_backup(options);
        access_.declare(options);
        options.footer(
            "Examples:\n"
            "  kist mail delete work Lists/old\n"
            "  kist mail delete work --folder INBOX --message 17 --message 20:25\n\n"
            "What goes has to be in the newest snapshot: the same folder and numbers, the bytes that the server gives "
            "now,\n"
            "and stored as they should be.");
    }

    ExitCode run(Context& context) override {
        if (whole_.empty() == folder_.empty() || folder_.empty() != messages_.empty())
            throw Error(ErrorCode::usage, "what is to go: a folder, or messages of one?",
                        "`mail delete ACCOUNT FOLDER`, or `mail delete ACCOUNT --folder FOLDER --message UID`.");
        removal_.require_consent();
        const auto uids = parse_uids(messages_);
        return removal_.run(context, [&](const repository::Repository* repository) {
            MailServer server(context, account_, access_);
            const auto code = whole_.empty() ? delete_messages(context, repository, server, uids)
                                             : delete_folder(context, repository, server);
            server.logout();
            return code;
        });
    }

  private:
    ExitCode delete_messages(Context& context, const repository::Repository* repository, MailServer& server,
                             const std::vector<std::uint32_t>& uids) const {
        mailproto::OpenedFolder folder(server.session(), server.folder(folder_).raw);
        const auto there = folder.find(uids);
        if (there.empty())
            throw Error(ErrorCode::not_found, fmt::format("{} has none of these messages", os::printable(folder_)));
        return removal_.remove(context, repository, server, folder, there);
    }

    ExitCode delete_folder(Context& context, const repository::Repository* repository, MailServer& server) const {
        const auto& listed = server.folder(whole_);
        if (listed.raw == "INBOX") throw Error(ErrorCode::usage, "the inbox cannot be deleted");
        if (!listed.is_selectable)
            throw Error(ErrorCode::usage,
                        fmt::format("{} holds no messages, only other folders", os::printable(whole_)));
        mailproto::OpenedFolder folder(server.session(), listed.raw);
        const auto uids = folder.find("ALL");
        removal_.require_proof(context, repository, server, folder, uids);
        removal_.ask(
            context, folder, uids,
            fmt::format("Delete the folder {} with {} messages on the server?", os::printable(whole_), uids.size()));
        if (removal_.is_rehearsal())
            return MailRemoval::report(context, "dry-run", listed.raw, uids.size(), uids.size());
        folder.delete_folder(uids);
        if (listed.is_subscribed) mailproto::unsubscribe_folder(server.session(), listed.raw);
        return MailRemoval::report(context, "deleted", listed.raw, uids.size(), 0);
    }

    std::string account_;
    std::string whole_;
    std::string folder_;
    std::vector<std::string> messages_;
    MailRemoval removal_;
    ServerAccess access_;
};

}  // namespace

std::unique_ptr<Command> make_mail_delete() {
    return std::make_unique<MailDelete>();
}

}  // namespace kist::cli
