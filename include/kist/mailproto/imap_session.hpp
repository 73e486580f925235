#pragma once
// A conversation with an IMAP server, logged in, for programs: commands of which several may be on their way, and
// answers of any size, read as they come (imap_response.hpp). Greeting, STARTTLS and login are ImapDialogue's.
//
// Errors: those of Connection and ImapDialogue; failed for what cannot be understood. After any of them the session is
// of no use. A command that the server refuses is a status, and the session goes on. Threads: one at a time.

#include "kist/mailproto/connection.hpp"
#include "kist/mailproto/imap_response.hpp"
#include "kist/mailproto/sasl.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

struct ImapLogin {
    ConnectionOptions connection;  // that begins in plain text goes on by STARTTLS, unless plain text is allowed
    Credentials credentials;
    std::string mechanism{};  // empty: the best one
};

// A piece of a command that carries literals: its text, and the literal that follows it.
struct ImapPart {
    std::string text;
    std::span<const std::byte> literal;
};

class ImapInput;

class ImapSession {
  public:
    explicit ImapSession(const ImapLogin& login);
    ImapSession(const ImapSession&) = delete;
    ImapSession& operator=(const ImapSession&) = delete;
    ~ImapSession();  // without a word: see logout()

    bool can(std::string_view capability) const;  // in upper case

    // Sends a command and reads what is said until it ends.
    ImapStatus command(std::string_view text, ImapSink& sink);

    // ENABLE (RFC 5161) of an extension, once, without waiting: the answer is read before that to the next command, and
    // has_enabled() says then whether it is on.
    void enable_ahead(std::string_view extension);
    bool has_enabled() const noexcept { return has_enabled_; }

    // Several commands at a time: each send() needs its finish(), in the same order.
    void send(std::string_view text);
    ImapStatus finish(ImapSink& sink);
    std::size_t in_flight() const { return sent_.size(); }

    // A command with literals (messages); no text follows the last one. Where the server has to agree to a literal (see
    // waits_for()), nothing else may be in flight. nullopt: it is sent, and needs its finish(); else the server ended
    // it instead of taking all of it. Errors: usage for a text with a line break.
    std::optional<ImapStatus> send_parts(std::span<const ImapPart> parts, ImapSink& sink);
    // Whether a literal of this size is not taken without asking (RFC 7888: LITERAL+, or LITERAL- and 4096 bytes).
    bool waits_for(std::size_t size) const;

    void logout() noexcept;

  private:
    class Source;

    std::string next_tag();
    std::optional<ImapStatus> await_agreement(ImapSink& sink);

    Connection connection_;
    std::unique_ptr<Source> source_;
    std::unique_ptr<ImapInput> input_;
    std::vector<std::string> capabilities_;
    std::deque<std::string> sent_;  // tags
    std::string enabling_;          // the tag of ENABLE, while it is in flight
    bool has_enabled_ = false;
    std::uint64_t last_tag_ = 0;
};

// A mailbox's name as an argument, as the server has written it. Errors: failed for one that cannot be sent.
std::string imap_quoted(std::string_view name);

// What a server said, for a message: printable, and not too long.
std::string printable_text(const ImapStatus& status);

}  // namespace kist::mailproto
