#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/mail_removal.hpp"
#include "cli/mail_server.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class MailMove : public Command {
  public:
    void declare(Options& options) override {
        options.argument("ACCOUNT", account_, "A mailbox of the configuration, or imaps://user@host",
                         Presence::required);
        options.argument("FROM", from_, "The folder, as `mail folders` shows it", Presence::required);
        options.argument("TO", to_, "The folder that gets the messages", Presence::required);
        options.texts("--message", "UID", messages_, "A message to move, or a range of them: 17:20");
        options.flag("--all", all_, "All messages that are there now");
        removal_.declare(options);
        removal_.declare_without_backup(options);
        access_.declare(options);
        options.footer(
            "Examples:\n  kist mail move work INBOX Archive/2024 --message 17:20\n  kist mail move work Old New "
            "--all\n\n"
            "A server without MOVE gets a copy, and loses the original as by `kist mail delete`: only what the newest\n"
            "snapshot holds.");
    }

    ExitCode run(Context& context) override {
        if (all_ != messages_.empty())
            throw Error(ErrorCode::usage, "which messages are to be moved?", "Give --message UID, or --all.");
        const auto uids = parse_uids(messages_);
        MailServer server(context, account_, access_);
        const auto target = server.folder(to_).raw;
        mailproto::OpenedFolder folder(server.session(), server.folder(from_).raw);
        if (target == folder.raw()) throw Error(ErrorCode::usage, "the messages are in this folder already");
        const auto there = all_ ? folder.find("ALL") : folder.find(uids);
        if (there.empty() && !all_)
            throw Error(ErrorCode::not_found, fmt::format("{} has none of these messages", os::printable(from_)));
        const auto code = folder.can_move() || there.empty() ? move(context, folder, there, target)
                                                             : copy_and_remove(context, server, folder, there, target);
        server.logout();
        return code;
    }

  private:
    ExitCode move(Context& context, mailproto::OpenedFolder& folder, const std::vector<std::uint32_t>& uids,
                  const std::string& target) const {
        if (removal_.is_rehearsal())
            return MailRemoval::report(context, "dry-run", folder.raw(), uids.size(), uids.size());
        if (!uids.empty()) folder.move(uids, target);
        const auto left = uids.empty() ? 0 : folder.find(uids).size();
        return MailRemoval::report(context, "moved", folder.raw(), uids.size() - left, left);
    }

    // What else is flagged as deleted goes, too, where the server cannot do better; it is not copied.
    ExitCode copy_and_remove(Context& context, MailServer& server, mailproto::OpenedFolder& folder,
                             const std::vector<std::uint32_t>& uids, const std::string& target) const {
        removal_.require_consent();
        return removal_.run(context, [&](const repository::Repository* repository) {
            const auto going = removal_.all_that_go(folder, uids);
            removal_.require_proof(context, repository, server, folder, going);
            removal_.ask(context, folder, going,
                         fmt::format("Move {} messages to {}, by a copy?", uids.size(), os::printable(to_)));
            if (removal_.is_rehearsal())
                return MailRemoval::report(context, "dry-run", folder.raw(), uids.size(), uids.size());
            folder.copy(uids, target);
            const auto left = folder.remove(going).size();
            return MailRemoval::report(context, "moved", folder.raw(), going.size() - left, left);
        });
    }

    std::string account_;
    std::string from_;
    std::string to_;
    std::vector<std::string> messages_;
    bool all_ = false;
    MailRemoval removal_;
    ServerAccess access_;
};

}  // namespace

std::unique_ptr<Command> make_mail_move() {
    return std::make_unique<MailMove>();
}

}  // namespace kist::cli
