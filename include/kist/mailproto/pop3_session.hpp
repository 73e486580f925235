#pragma once
// POP3 (RFC 1939, 2449, 2595, 5034) over a connection, command by command. A refusal ("-ERR") is a value; Errors are a
// server that breaks the rules (failed), a refused login (no_key) and all of Connection's. Numbers, texts and lists are
// bounded: lines of 8 KiB, lists of a million lines.
// Threads: one.

#include "kist/mailproto/connection.hpp"
#include "kist/mailproto/sasl.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

struct Pop3Reply {
    bool is_ok = false;
    std::string text;  // after +OK or -ERR; raw bytes of the network
};

struct Pop3Capabilities {
    std::vector<std::string> lines;  // as the server said them
    std::vector<std::string> sasl;   // mechanisms
    bool has_stls = false;
    bool has_user = false;
    bool has_top = false;
    bool has_uidl = false;
    bool has_pipelining = false;
};

struct Pop3Size {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
};

struct Pop3Listed {
    std::uint64_t message = 0;  // its number in this session, from 1
    std::string value;          // LIST: its size; UIDL: its unique id, 1 to 70 printable characters
};

class Pop3Session {
  public:
    using Take = std::function<void(std::string_view)>;  // a piece of a message, valid during the call

    // Reads the greeting. The connection outlives the session. Errors: failed where the server turns us away.
    explicit Pop3Session(Connection& connection);

    const std::string& greeting() const noexcept { return greeting_; }

    // nullopt: the server does not know the question. To be asked again after start_tls() and log_in().
    std::optional<Pop3Capabilities> capabilities();
    // Errors: failed where the server refuses.
    void start_tls();
    // By the mechanism, or "USER" for the commands USER and PASS; empty: the best that the capabilities name, else
    // USER. Which one was used. Errors: no_key where the server refuses the login, usage where there is no fitting way.
    std::string log_in(const Credentials& credentials, const Pop3Capabilities& capabilities,
                       std::string_view mechanism = {});

    std::optional<Pop3Size> stat();
    std::optional<std::vector<Pop3Listed>> list();
    std::optional<std::vector<Pop3Listed>> uidl();  // nullopt: the server does not know it
    // The message's exact bytes, streamed.
    Pop3Reply retrieve(std::uint64_t message, const Take& take);
    Pop3Reply top(std::uint64_t message, std::uint64_t lines, const Take& take);
    // Marked; deleted only by quit().
    Pop3Reply remove(std::uint64_t message);
    Pop3Reply reset();
    Pop3Reply quit();

    // For pipelining, where the server offers it: requests first, then as many replies in the same order.
    void request_retrieve(std::uint64_t message);
    Pop3Reply receive_message(const Take& take);

  private:
    Pop3Reply command(std::string_view line);
    Pop3Reply read_reply();
    std::vector<std::string> read_list();
    std::optional<std::vector<Pop3Listed>> listed(std::string_view command);
    void use_sasl(const std::string& mechanism, const Credentials& credentials);
    void use_password(const Credentials& credentials);

    Connection& connection_;
    std::string greeting_;
};

}  // namespace kist::mailproto
