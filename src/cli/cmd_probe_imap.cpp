#include "kist/base/error.hpp"
#include "kist/mailproto/imap_dialogue.hpp"
#include "kist/mailproto/modified_utf7.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/probe_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

using mailproto::ImapDialogue;
using mailproto::ImapReply;

struct Ability {
    const char* capability;
    const char* meaning;
};

// What a backup of the mailbox uses where it is offered.
constexpr std::array<Ability, 7> kAbilities{{{"CONDSTORE", "changed flags are told"},
                                             {"QRESYNC", "changes since the last time are told in one answer"},
                                             {"UIDPLUS", "single messages can be deleted safely"},
                                             {"LIST-STATUS", "all folders are looked at in one question"},
                                             {"MULTIAPPEND", "many messages are restored in one command"},
                                             {"LITERAL+", "messages are restored without waiting for each"},
                                             {"SPECIAL-USE", "Sent, Drafts and Trash are marked"}}};

// The number before EXISTS.
std::uint64_t messages_in(const ImapReply& reply) {
    for (const auto& line : reply.untagged) {
        std::uint64_t count = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), count);
        if (error == std::errc() && std::string_view(end, line.data() + line.size()) == " EXISTS") return count;
    }
    return 0;
}

class ProbeImap : public Command {
  public:
    void declare(Options& options) override {
        request_.declare(options);
        options.number("--message", "N", message_, "Show the Nth message of the folder (default: the last)");
        options.footer(
            "Has the dialogue with an IMAP server that one would have by telnet, and explains it. The folder is that "
            "of "
            "the\nURL, or INBOX. It is opened for reading only and nothing is marked as seen. Without a user in the "
            "URL "
            "nobody logs\nin. Exit codes: 0 all works; 3 it works, but something needs attention; 5 the login is "
            "refused; "
            "7 no such host.\n\nExample:\n  kist probe imap imaps://anna@mail.example.org/Archive");
    }

    ExitCode run(Context& context) override {
        request_.prepare();
        ProbeRun run(context, request_.pace());
        return run.carry_out([&] { talk(run); });
    }

  private:
    void talk(ProbeRun& run) const {
        auto connection = request_.connect(run);
        std::optional<ImapDialogue> dialogue;
        run.step({"greeting", "waits for the server's first line; a server that wants no visitors says BYE"},
                 [&] { dialogue.emplace(connection); });
        auto capabilities = ask_capabilities(run, *dialogue, "asks what the server can do before anybody is logged in");
        if (request_.upgrades()) {
            run.step(encryption_step("STARTTLS"), [&] { dialogue->start_tls(); });
            capabilities =
                ask_capabilities(run, *dialogue, "asks again: what was said in plain text counts for nothing");
        }
        if (const auto credentials = request_.credentials()) {
            log_in(run, *dialogue, *credentials, capabilities);
            look_around(run, *dialogue);
        } else {
            run.skipped("login", "the URL names no user");
        }
        run.step({"goodbye", "says LOGOUT; the server answers BYE and closes"}, [&] { dialogue->command("LOGOUT"); });
    }

    static std::vector<std::string> ask_capabilities(ProbeRun& run, ImapDialogue& dialogue,
                                                     const std::string& explanation) {
        std::vector<std::string> capabilities;
        run.step({"capabilities", explanation}, [&] {
            capabilities = dialogue.capabilities();
            if (capabilities.empty()) run.attention("the server names no capabilities");
        });
        return capabilities;
    }

    void log_in(ProbeRun& run, ImapDialogue& dialogue, const mailproto::Credentials& credentials,
                const std::vector<std::string>& capabilities) const {
        if (dialogue.is_preauthenticated()) return run.skipped("login", "the server counts us as logged in (PREAUTH)");
        run.step(login_step(request_), [&] {
            run.note(fmt::format("logged in by {}",
                                 dialogue.log_in(credentials, capabilities, request_.access().mechanism())));
        });
        run.step({"abilities", "asks what the server can do for this user, and what a backup makes of it"}, [&] {
            const auto able = dialogue.capabilities();
            for (const auto& [capability, meaning] : kAbilities)
                run.note(fmt::format("{} {}: {}", std::ranges::find(able, capability) != able.end() ? "yes" : "no ",
                                     capability, meaning));
        });
    }

    void look_around(ProbeRun& run, ImapDialogue& dialogue) const {
        const auto folder = request_.url().folder.empty() ? std::string("INBOX") : request_.url().folder;
        const auto encoded = mailproto::encode_modified_utf7(folder);
        if (!encoded) throw Error(ErrorCode::usage, "the folder's name is not UTF-8");
        const auto name = ImapDialogue::quoted(*encoded);
        run.step({"folders", "lists all folders; names beyond ASCII are in IMAP's own form of UTF-7"}, [&] {
            const auto reply = require(dialogue.command("LIST \"\" \"*\""), ErrorCode::failed);
            run.note(fmt::format("{} folders", std::ranges::count_if(reply.untagged, [](const auto& line) {
                                     return line.starts_with("LIST ");
                                 })));
        });
        run.step({"status",
                  "asks for the folder's numbers without opening it; UIDVALIDITY and UIDNEXT are what an "
                  "incremental backup goes by"},
                 [&] {
                     require(dialogue.command(fmt::format("STATUS {} (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)", name)),
                             ErrorCode::not_found);
                 });
        std::uint64_t messages = 0;
        run.step({"open", "opens the folder by EXAMINE: like SELECT, but nothing can be changed"}, [&] {
            messages = messages_in(require(dialogue.command(fmt::format("EXAMINE {}", name)), ErrorCode::not_found));
            run.note(fmt::format("{} messages", messages));
        });
        if (messages == 0) return run.skipped("header and text", "the folder holds no message");
        fetch(run, dialogue, message_ > 0 ? static_cast<std::uint64_t>(message_) : messages);
    }

    static void fetch(ProbeRun& run, ImapDialogue& dialogue, std::uint64_t number) {
        run.step({"header", fmt::format("fetches the header of message {}; PEEK leaves it unread", number)}, [&] {
            const auto reply = require(dialogue.command(fmt::format(
                                           "FETCH {} (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])", number)),
                                       ErrorCode::not_found);
            for (const auto& literal : reply.literals) run.message(literal, literal.size());
        });
        run.step({"text", fmt::format("fetches the first 4096 bytes of the text of message {}", number)}, [&] {
            const auto reply = require(dialogue.command(fmt::format("FETCH {} (BODY.PEEK[TEXT]<0.4096>)", number)),
                                       ErrorCode::not_found);
            for (const auto& literal : reply.literals) run.message(literal, literal.size());
        });
    }

    static ImapReply require(ImapReply reply, ErrorCode code) {
        if (!reply.is_ok)
            throw Error(code, fmt::format("the server refuses: {}", os::printable(reply.text.substr(0, 400))));
        return reply;
    }

    ProbeRequest request_{mailproto::Protocol::imap};
    std::int64_t message_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_probe_imap() {
    return std::make_unique<ProbeImap>();
}

}  // namespace kist::cli
