#include "kist/base/error.hpp"
#include "kist/mailproto/pop3_session.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/probe_request.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using mailproto::Pop3Capabilities;
using mailproto::Pop3Reply;
using mailproto::Pop3Session;

constexpr std::size_t kKept = 64 * 1024;  // of a message, for showing
constexpr std::uint64_t kTopLines = 10;

// The beginning of a message, and how long it is.
struct Kept {
    std::string beginning;
    std::uint64_t size = 0;

    void take(std::string_view piece) {
        beginning += piece.substr(0, kKept - std::min(beginning.size(), kKept));
        size += piece.size();
    }
};

class ProbePop3 : public Command {
  public:
    void declare(Options& options) override {
        request_.declare(options);
        options.number("--message", "N", message_, "Show the Nth message (default: the last)");
        options.flag("--no-delete", no_delete_, "Leave out DELE and RSET");
        options.footer(
            "Has the dialogue with a POP3 server that one would have by telnet, and explains it. DELE marks one "
            "message "
            "and\nRSET takes that back; if the server does not confirm it, the connection is cut without QUIT, which "
            "deletes nothing.\nWithout a user in the URL nobody logs in. Exit codes: 0 all works; 3 it works, but "
            "something needs attention; 5 the\nlogin is refused; 7 no such host.\n\nExample:\n  kist probe pop3 "
            "pop3s://anna@mail.example.org");
    }

    ExitCode run(Context& context) override {
        request_.prepare();
        ProbeRun run(context, request_.pace());
        return run.carry_out([&] { talk(run); });
    }

  private:
    void talk(ProbeRun& run) const {
        auto connection = request_.connect(run);
        std::optional<Pop3Session> session;
        run.step({"greeting", "waits for the server's first line"}, [&] { session.emplace(connection); });
        auto capabilities = ask_capabilities(run, *session, "asks what the server can do");
        if (request_.upgrades()) {
            run.step(encryption_step("STLS"), [&] { session->start_tls(); });
            capabilities =
                ask_capabilities(run, *session, "asks again: what was said in plain text counts for nothing");
        }
        if (const auto credentials = request_.credentials()) {
            run.step(login_step(request_), [&] {
                run.note(fmt::format("logged in by {}",
                                     session->log_in(*credentials, capabilities, request_.access().mechanism())));
            });
            look_around(run, *session);
        } else {
            run.skipped("login", "the URL names no user");
        }
        run.step({"goodbye", "says QUIT; only this would carry out deletions, and there are none"},
                 [&] { session->quit(); });
    }

    static Pop3Capabilities ask_capabilities(ProbeRun& run, Pop3Session& session, const std::string& explanation) {
        std::optional<Pop3Capabilities> capabilities;
        run.step({"capabilities", explanation}, [&] {
            capabilities = session.capabilities();
            if (!capabilities) run.attention("the server does not know CAPA, as servers of the last century");
        });
        return capabilities.value_or(Pop3Capabilities{});
    }

    void look_around(ProbeRun& run, Pop3Session& session) const {
        std::uint64_t messages = 0;
        run.step({"size", "asks by STAT how many messages there are, and how many bytes"}, [&] {
            const auto size = session.stat();
            if (!size) throw Error(ErrorCode::failed, "the server refuses STAT");
            messages = size->messages;
            run.note(fmt::format("{} messages, {} bytes", size->messages, size->bytes));
        });
        run.step({"list", "lists the messages with their sizes; numbers count for this session only"}, [&] {
            if (!session.list()) throw Error(ErrorCode::failed, "the server refuses LIST");
        });
        run.step({"ids", "lists the lasting ids (UIDL), by which a backup knows what it has already"}, [&] {
            if (!session.uidl()) run.attention("the server has no UIDL: a backup would fetch every message every time");
        });
        if (messages == 0) return run.skipped("TOP, RETR and DELE", "the mailbox is empty");
        const auto number = message_ > 0 ? static_cast<std::uint64_t>(message_) : messages;
        show_message(run, session, number);
        if (no_delete_) return run.skipped("DELE and RSET", "--no-delete");
        mark_and_unmark(run, session, number, messages);
    }

    static void show_message(ProbeRun& run, Pop3Session& session, std::uint64_t number) {
        run.step({"top", fmt::format("asks for the header and {} lines of message {}", kTopLines, number)}, [&] {
            Kept kept;
            const auto reply = session.top(number, kTopLines, [&](std::string_view piece) { kept.take(piece); });
            if (!reply.is_ok) return run.attention("the server refuses TOP");
            run.message(kept.beginning, kept.size);
        });
        run.step({"message", fmt::format("fetches message {} whole; with POP3 it stays on the server", number)}, [&] {
            Kept kept;
            const auto reply = session.retrieve(number, [&](std::string_view piece) { kept.take(piece); });
            if (!reply.is_ok)
                throw Error(ErrorCode::not_found,
                            fmt::format("the server has no message {}: {}", number, os::printable(reply.text)));
            run.message(kept.beginning, kept.size);
        });
    }

    // Any Error leaves without QUIT, and only QUIT deletes (RFC 1939, 6).
    static void mark_and_unmark(ProbeRun& run, Pop3Session& session, std::uint64_t number, std::uint64_t messages) {
        run.step({"deletion", fmt::format("marks message {} as deleted (DELE) and takes that back (RSET)", number)},
                 [&] {
                     const bool is_marked = session.remove(number).is_ok;
                     const auto reset = session.reset();
                     const auto size = session.stat();
                     if (is_marked && (!reset.is_ok || !size || size->messages < messages))
                         throw Error(ErrorCode::failed, "the server does not take a deletion back",
                                     "The connection was cut without QUIT, so that nothing is deleted.");
                     if (!is_marked) run.attention("the server refuses DELE");
                 });
    }

    ProbeRequest request_{mailproto::Protocol::pop3};
    std::int64_t message_ = 0;
    bool no_delete_ = false;
};

}  // namespace

std::unique_ptr<Command> make_probe_pop3() {
    return std::make_unique<ProbePop3>();
}

}  // namespace kist::cli
