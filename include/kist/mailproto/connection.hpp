#pragma once
// One connection to a mail server: TCP, and TLS over it, at once or after STARTTLS. Speaks no protocol of its own.
//
// What it promises:
// - Nothing waits longer than `patience`, and an interruption is noticed within a fifth of a second.
// - TLS is 1.2 or newer. The certificate chain and the host name are verified, or the certificate's fingerprint is the
//   one given; otherwise nothing is sent over it.
// - Memory is bounded: 64 KiB of input, up to 4 MiB while sending to a server that talks instead of listening, and the
//   longest line that the caller accepts.
// - A secret is sent only when encrypted, unless plain text was asked for, and then only to this machine or a private
//   network.
//
// Errors, all kist::Error: not_found where the host's name does not exist; interrupted; usage for plain text to a
// public address; failed for anything else. When an established connection ends or stays silent, error_number() is set,
// and is_lost_connection() tells it from the rest: whoever wants to may connect again. Threads: one at a time.

#include "kist/base/digest.hpp"
#include "kist/base/error.hpp"
#include "kist/base/secret.hpp"
#include "kist/mailproto/certificate.hpp"
#include "kist/mailproto/transcript.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

// How a server proves that it is the one meant.
struct Trust {
    std::string ca_file;                // PEM, instead of the system's authorities; empty: those
    std::optional<Digest> fingerprint;  // of the server's own certificate: then this alone counts
};

enum class TlsStart : std::uint8_t { at_once, later };
enum class PlainText : std::uint8_t { refused, allowed };  // for secrets

struct ConnectionOptions {
    std::string host;  // a name or an address, without brackets
    std::uint16_t port = 0;
    TlsStart tls = TlsStart::at_once;
    PlainText plain_text = PlainText::refused;
    Trust trust{};
    std::chrono::milliseconds connect_time{std::chrono::seconds(30)};  // for name, TCP and TLS together
    std::chrono::milliseconds patience{std::chrono::minutes(2)};       // of each wait for the server
    const std::atomic<bool>* interrupted = nullptr;                    // set from outside: every call ends soon
    Transcript* transcript = nullptr;                                  // outlives the connection
};

class Connection {
  public:
    // Tries all addresses of the host, IPv6 and IPv4, the next one when the last has failed or taken 250 ms.
    explicit Connection(ConnectionOptions options);
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();  // closes without a word: say goodbye (LOGOUT, QUIT) before

    const std::string& host() const noexcept;
    bool is_encrypted() const noexcept;

    // Begins TLS, after the server has agreed. What the server has sent beyond its agreement is fatal (a command could
    // have been injected in plain text); what was learnt before, such as capabilities, must be forgotten by the caller.
    void start_tls();

    // --- reading ---
    // What has been sent is flushed before a wait.

    // The next line without its CRLF or LF, of at most `limit` bytes. Errors: failed for a longer one.
    std::string read_line(std::size_t limit);

    // Passes on exactly `count` bytes, in pieces as they arrive. The piece is valid during the call only. What `take`
    // throws comes out; the connection is of no use then.
    void read_exactly(std::uint64_t count, const std::function<void(std::span<const std::byte>)>& take);

    // For parsers of their own: what has arrived and is not consumed, at least one byte (waits for it), valid until the
    // next call that is not const. Not in the transcript. consume(count <= its size) takes from the front; more() waits
    // until there is more than now, and fails when 64 KiB are there already.
    std::string_view available();
    std::string_view more();
    void consume(std::size_t count) noexcept;

    // Whether a byte is there without a wait.
    bool has_input();

    // --- writing ---
    // Written bytes are collected up to 64 KiB, and go out when there are more, with flush(), and before a read waits.
    // While the server does not take them, what it says is read meanwhile (up to 4 MiB), so that two sides that both
    // write do not wait for each other.

    // With CRLF added. Errors: usage where the line holds CR, LF or NUL: nothing may become a second command.
    void send_line(std::string_view line);
    // The transcript shows `shown` instead; the line is hidden as with hide().
    void send_secret_line(const Secret& line, std::string_view shown);
    // As they are, not in the transcript: literals, messages.
    void send_bytes(std::span<const std::byte> bytes);
    void flush();

    // From now on these bytes never appear in the transcript, nor in without_secrets(). Less than 4 bytes are not
    // hidden: masking them would tell them.
    void hide(const Secret& secret);
    // For texts of the server that go into a message: what is hidden is masked by "***".
    std::string without_secrets(std::string_view text) const;

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// The connection broke off, or the server was silent for too long: another attempt may help.
bool is_lost_connection(const Error& error) noexcept;

}  // namespace kist::mailproto
