#pragma once
// IMAP (RFC 3501) as a person would speak it: one command, then all that the server says to it, taken as text. For
// probing a server and explaining it, and tolerant of what it does; the export has a parser of its own.
// A refusal ("NO", "BAD") is a value; Errors are a server that breaks the rules (failed), a refused login (no_key) and
// all of Connection's. Bounded: lines of 64 KiB, 10,000 of them and 16 MiB to a command; of a literal the first 256 KiB
// are kept, of all 16 MiB.
// Threads: one.

#include "kist/mailproto/connection.hpp"
#include "kist/mailproto/sasl.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

struct ImapReply {
    bool is_ok = false;
    std::string text;                   // of the tagged line, with its "OK", "NO" or "BAD"
    std::vector<std::string> untagged;  // without "* "; a literal in one stands as its "{count}"
    std::vector<std::string> literals;  // in their order, cut where they are long
};

class ImapDialogue {
  public:
    // Reads the greeting. The connection outlives the dialogue. Errors: failed where the server turns us away.
    explicit ImapDialogue(Connection& connection);

    const std::string& greeting() const noexcept { return greeting_; }  // without "* "
    bool is_preauthenticated() const noexcept { return is_preauthenticated_; }

    // text: without a tag.
    ImapReply command(std::string_view text);
    // The words of CAPABILITY, upper case. To be asked again after start_tls() and log_in().
    std::vector<std::string> capabilities();
    // The same as the greeting or the end of the login said it by itself, which saves asking; nullopt: it did not.
    const std::optional<std::vector<std::string>>& announced_capabilities() const noexcept { return announced_; }
    void start_tls();
    // By the mechanism, or "LOGIN-COMMAND" for the command LOGIN; empty: the best that the capabilities name, else
    // LOGIN where it is not disabled. Which one was used. Errors: no_key where the server refuses, usage where there is
    // no fitting way.
    std::string log_in(const Credentials& credentials, const std::vector<std::string>& capabilities,
                       std::string_view mechanism = {});

    // As a quoted string. Errors: usage for what only a literal can carry.
    static std::string quoted(std::string_view text);

  private:
    std::string next_tag();
    void note_announced(std::string_view line);
    ImapReply read_reply(const std::string& tag);
    std::string read_response_line(ImapReply& reply);
    void use_sasl(const std::string& mechanism, const Credentials& credentials, bool goes_along);
    void use_login(const Credentials& credentials);

    Connection& connection_;
    std::string greeting_;
    std::optional<std::vector<std::string>> announced_;
    bool is_preauthenticated_ = false;
    int commands_ = 0;
};

}  // namespace kist::mailproto
