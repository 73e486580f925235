#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/mailproto/mail_message.hpp"
#include "kist/mailproto/smtp_session.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/probe_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

using mailproto::SmtpCapabilities;
using mailproto::SmtpReply;
using mailproto::SmtpSession;

class ProbeSmtp : public Command {
  public:
    void declare(Options& options) override {
        request_.declare(options);
        options.text("--from", "ADDRESS", from_, "The sender (default: the user, where that is an address)");
        options.text("--to", "ADDRESS", to_, "The recipient (default: the sender)");
        options.flag("--send", send_, "Send a real test mail");
        options.footer(
            "Has the dialogue with a mail server that one would have by telnet, and explains it. Without --send "
            "nothing "
            "is\nsent: sender and recipient are named, then RSET forgets them. Without a user in the URL nobody logs "
            "in. "
            "Exit codes:\n0 all works; 3 it works, but something needs attention; 5 the login is refused; 7 no such "
            "host.\n\nExamples:\n  kist probe smtp smtps://anna%40example.org@mail.example.org\n  kist probe smtp "
            "smtp://mail.example.org:25 --from anna@example.org --to bert@example.org --send");
    }

    ExitCode run(Context& context) override {
        request_.prepare();
        const auto& user = request_.url().user;
        if (from_.empty() && user.find('@') != std::string::npos) from_ = user;
        if (to_.empty()) to_ = from_;
        if (send_ && to_.empty())
            throw Error(ErrorCode::usage, "--send needs an address",
                        "Give --from ADDRESS, and --to for another recipient.");
        if (from_.empty()) from_ = to_;
        ProbeRun run(context, request_.pace());
        return run.carry_out([&] { talk(run, context.clock.now()); });
    }

  private:
    void talk(ProbeRun& run, Timestamp now) const {
        auto connection = request_.connect(run);
        std::optional<SmtpSession> session;
        run.step({"greeting", "waits for the server's first line"}, [&] { session.emplace(connection); });
        auto capabilities = introduce(run, *session, "introduces us by EHLO; the server says what it can do");
        if (request_.upgrades()) {
            run.step(encryption_step("STARTTLS"), [&] { session->start_tls(); });
            capabilities = introduce(run, *session, "says EHLO again: what was said in plain text counts for nothing");
        }
        if (const auto credentials = request_.credentials())
            run.step(login_step(request_), [&] {
                run.note(fmt::format("logged in by {}",
                                     session->log_in(*credentials, capabilities, request_.access().mechanism())));
            });
        else
            run.skipped("login", "the URL names no user");
        if (to_.empty())
            run.skipped("MAIL FROM and RCPT TO", "no address is known: give --from and --to");
        else
            address(run, *session, now);
        run.step({"goodbye", "says QUIT"}, [&] { session->quit(); });
    }

    static SmtpCapabilities introduce(ProbeRun& run, SmtpSession& session, const std::string& explanation) {
        SmtpCapabilities capabilities;
        run.step({"introduction", explanation}, [&] {
            capabilities = session.introduce();
            if (capabilities.largest_message)
                run.note(fmt::format("messages of up to {} bytes", *capabilities.largest_message));
            if (!capabilities.sasl.empty()) run.note(fmt::format("logins: {}", fmt::join(capabilities.sasl, " ")));
        });
        return capabilities;
    }

    void address(ProbeRun& run, SmtpSession& session, Timestamp now) const {
        run.step({"sender", "names the sender; here a server says whom it accepts mail from"},
                 [&] { require(session.mail_from(from_)); });
        run.step({"recipient", "names the recipient; here a server says whether it delivers or relays there"},
                 [&] { require(session.recipient(to_)); });
        if (send_)
            run.step({"mail", "sends a test mail; from here on the server answers for its delivery"},
                     [&] { require(session.data(message(now))); });
        else
            run.step({"forget", "says RSET: sender and recipient are forgotten, and nothing is sent"},
                     [&] { require(session.reset()); });
    }

    std::string message(Timestamp now) const {
        return mailproto::compose(
            {from_,
             {to_},
             "Test mail of kist probe",
             "This mail was sent by `kist probe smtp --send` to find out whether mail gets through.\n"
             "It did. Nobody needs to answer.\n"},
            now, random_uuid());
    }

    static void require(const SmtpReply& reply) {
        if (!reply.is_ok())
            throw Error(ErrorCode::failed, fmt::format("the server refuses: {} {}", reply.code,
                                                       os::printable(fmt::format("{}", fmt::join(reply.lines, " ")))));
    }

    ProbeRequest request_{mailproto::Protocol::smtp};
    std::string from_;
    std::string to_;
    bool send_ = false;
};

}  // namespace

std::unique_ptr<Command> make_probe_smtp() {
    return std::make_unique<ProbeSmtp>();
}

}  // namespace kist::cli
