#include "kist/mailproto/connection.hpp"

#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "mailproto/connecting.hpp"
#include "mailproto/hidden_bytes.hpp"
#include "mailproto/tls_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kMostInput = 64 * 1024;
constexpr std::size_t kMostInputWhileSending = 4 * 1024 * 1024;
constexpr std::size_t kMostOutput = 64 * 1024;
constexpr std::size_t kPiece = 16 * 1024;  // a TLS record

Deadline in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

short events_for(Need need) noexcept {
    return need == Need::output ? POLLOUT : POLLIN;
}

std::span<const std::byte> as_bytes(std::string_view text) {
    return os::as_bytes(text);
}

}  // namespace

class Connection::Implementation {
  public:
    explicit Implementation(ConnectionOptions options) : options_(std::move(options)) {
        const auto deadline = in(options_.connect_time);
        auto connected = connect_to(options_.host, options_.port, deadline, options_.interrupted);
        socket_ = std::move(connected.socket);
        is_private_ = connected.is_private;
        stream_ = std::make_unique<PlainStream>(socket_.get());
        if (options_.transcript != nullptr) options_.transcript->connected(connected.address);
        if (options_.tls == TlsStart::at_once) encrypt(deadline);
    }

    const std::string& host() const noexcept { return options_.host; }
    bool is_encrypted() const noexcept { return is_encrypted_; }
    Transcript* transcript() const noexcept { return options_.transcript; }
    HiddenBytes& hidden() noexcept { return hidden_; }

    void start_tls() {
        flush();
        if (!input().empty())
            throw Error(
                ErrorCode::failed,
                fmt::format("{} has sent something between its agreement to encryption and encryption itself", name()),
                "Somebody on the way may have put it there. Nothing secret was sent.");
        encrypt(in(options_.connect_time));
    }

    std::string_view input() const noexcept { return std::string_view(input_).substr(begin_); }

    void consume(std::size_t count) noexcept {
        begin_ += std::min(count, input_.size() - begin_);
        if (begin_ == input_.size()) {
            input_.clear();
            begin_ = 0;
        }
    }

    // Waits until there is more input than now.
    void read_more() {
        flush();
        const auto before = input().size();
        if (before >= kMostInput) throw Error(ErrorCode::failed, fmt::format("{} sends too much at once", name()));
        for (;;) {
            const auto need = take_in(kMostInput);
            if (input().size() > before) return;
            if (has_ended_) lose(input_error_ != 0 ? input_error_ : ECONNRESET, "the connection was closed");
            wait(events_for(need), "an answer");
        }
    }

    bool has_input() {
        if (input().empty() && !has_ended_) take_in(kMostInput);
        return !input().empty() || has_ended_;
    }

    void collect(std::span<const std::byte> bytes) {
        if (output_.size() + bytes.size() > kMostOutput) flush();
        if (bytes.size() > kMostOutput) return put(bytes);
        output_.insert(output_.end(), bytes.begin(), bytes.end());
    }

    void flush() {
        if (output_.empty()) return;
        std::vector<std::byte> pending;
        pending.swap(output_);
        put(pending);
    }

    void put(std::span<const std::byte> bytes) {
        while (!bytes.empty() && !is_deaf_) {
            const auto transfer = stream_->write(bytes);
            bytes = bytes.subspan(transfer.count);
            if (transfer.error != 0 || transfer.has_ended) return give_up_sending(transfer.error);
            if (transfer.need != Need::nothing) make_room(transfer.need);
        }
    }

    void require_cover() const {
        if (is_encrypted_) return;
        if (options_.plain_text == PlainText::refused)
            throw Error(ErrorCode::usage, fmt::format("no password goes to {} without encryption", name()));
        if (!is_private_)
            throw Error(ErrorCode::usage,
                        fmt::format("no password goes to {} without encryption: it is neither this machine nor in a "
                                    "private network",
                                    name()));
    }

    std::string name() const { return os::printable(options_.host); }

  private:
    void encrypt(Deadline deadline) {
        auto stream = std::make_unique<TlsStream>(socket_.get(), options_.host, options_.trust);
        for (;;) {
            const auto transfer = stream->shake_hands();
            if (transfer.error != 0 || transfer.has_ended) refuse(*stream, transfer);
            if (transfer.need == Need::nothing) break;
            if (wait_for(socket_.get(), events_for(transfer.need), deadline, options_.interrupted) == 0)
                lose(ETIMEDOUT, "encryption was not begun in time");
        }
        if (options_.transcript != nullptr) options_.transcript->encrypted(stream->details());
        stream_ = std::move(stream);
        is_encrypted_ = true;
    }

    [[noreturn]] void refuse(const TlsStream& stream, const Transfer& transfer) {
        const auto& details = stream.details();
        if (details.refusal.empty()) {
            if (transfer.has_ended || transfer.error != EPROTO)
                lose(transfer.error != 0 ? transfer.error : ECONNRESET, "the connection was closed during encryption");
            throw Error(ErrorCode::failed, fmt::format("cannot begin encryption with {}: {}", name(), stream.reason()),
                        "Is it the right port? One is for encryption at once, the other for STARTTLS.");
        }
        if (options_.transcript != nullptr) options_.transcript->encrypted(details);
        const auto fingerprint =
            details.chain.empty() ? std::string() : fingerprint_text(details.chain.front().fingerprint);
        throw Error(ErrorCode::failed,
                    fmt::format("the certificate of {} is not accepted: {}", name(), details.refusal),
                    fmt::format("It may be somebody else's server. If it is your own, give its authority (--ca-file), "
                                "or its fingerprint after comparing it there: --fingerprint {}",
                                fingerprint));
    }

    // Reads what is there without waiting, while there is less than `most`.
    Need take_in(std::size_t most) {
        if (begin_ > 0 && input_.size() >= kMostInput) {
            input_.erase(0, begin_);
            begin_ = 0;
        }
        std::array<char, kPiece> piece;
        while (input().size() < most) {
            const auto transfer = stream_->read(piece);
            input_.append(piece.data(), transfer.count);
            if (transfer.has_ended || transfer.error != 0) {
                has_ended_ = true;
                input_error_ = transfer.error;
                return Need::nothing;
            }
            if (transfer.need != Need::nothing) return transfer.need;
        }
        return Need::nothing;
    }

    // The server does not take more now: it may be waiting for us to read.
    void make_room(Need need) {
        short events = events_for(need);
        const bool may_read = input().size() < kMostInputWhileSending && !has_ended_;
        if (may_read) events |= POLLIN;
        const auto ready = wait(events, "the server to read");
        if ((ready & POLLIN) != 0 && may_read) take_in(kMostInputWhileSending);
    }

    // What the server said before it closed is worth more than that we cannot write: reading reports the end.
    void give_up_sending(int error) {
        is_deaf_ = true;
        if (!has_ended_) take_in(kMostInputWhileSending);
        if (input().empty()) lose(error != 0 ? error : EPIPE, "cannot send");
    }

    short wait(short events, const char* what) {
        const auto ready = wait_for(socket_.get(), events, in(options_.patience), options_.interrupted);
        if (ready == 0)
            lose(ETIMEDOUT, fmt::format("waited {} s for {}",
                                        std::chrono::ceil<std::chrono::seconds>(options_.patience).count(), what));
        return ready;
    }

    [[noreturn]] void lose(int error, const std::string& what) const {
        throw Error::from_errno(error, fmt::format("the connection to {} is lost: {}", name(), what));
    }

    ConnectionOptions options_;
    os::Fd socket_;
    std::unique_ptr<Stream> stream_;  // over socket_
    HiddenBytes hidden_;
    std::string input_;  // from begin_ on not consumed
    std::size_t begin_ = 0;
    std::vector<std::byte> output_;  // collected, never a secret
    int input_error_ = 0;
    bool is_private_ = false;
    bool is_encrypted_ = false;
    bool has_ended_ = false;  // nothing more comes after input_
    bool is_deaf_ = false;    // nothing more can be sent
};

Connection::Connection(ConnectionOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(options))) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

const std::string& Connection::host() const noexcept {
    return implementation_->host();
}

bool Connection::is_encrypted() const noexcept {
    return implementation_->is_encrypted();
}

void Connection::start_tls() {
    implementation_->start_tls();
}

std::string Connection::read_line(std::size_t limit) {
    std::string line;
    for (;;) {
        const auto input = available();
        const auto newline = input.find('\n');
        const auto count = newline == std::string_view::npos ? input.size() : newline;
        if (count > limit + 1 - std::min(line.size(), limit + 1))  // one for the CR
            throw Error(ErrorCode::failed,
                        fmt::format("{} sends a line of more than {} bytes", implementation_->name(), limit));
        line += input.substr(0, count);
        consume(newline == std::string_view::npos ? count : count + 1);
        if (newline != std::string_view::npos) break;
    }
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() > limit)
        throw Error(ErrorCode::failed,
                    fmt::format("{} sends a line of more than {} bytes", implementation_->name(), limit));
    if (auto* const transcript = implementation_->transcript()) transcript->received(without_secrets(line));
    return line;
}

void Connection::read_exactly(std::uint64_t count, const std::function<void(std::span<const std::byte>)>& take) {
    for (auto left = count; left > 0;) {
        const auto input = available();
        const auto piece = input.substr(0, std::min<std::uint64_t>(left, input.size()));
        take(as_bytes(piece));
        left -= piece.size();
        consume(piece.size());
    }
    if (auto* const transcript = implementation_->transcript()) transcript->received_bytes(count);
}

std::string_view Connection::available() {
    if (implementation_->input().empty()) implementation_->read_more();
    return implementation_->input();
}

std::string_view Connection::more() {
    implementation_->read_more();
    return implementation_->input();
}

void Connection::consume(std::size_t count) noexcept {
    implementation_->consume(count);
}

bool Connection::has_input() {
    return implementation_->has_input();
}

void Connection::send_line(std::string_view line) {
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        throw Error(ErrorCode::usage, "a line for the mail server holds a line break");
    implementation_->collect(as_bytes(line));
    implementation_->collect(as_bytes("\r\n"));
    if (auto* const transcript = implementation_->transcript()) transcript->sent(without_secrets(line));
}

void Connection::send_secret_line(const Secret& line, std::string_view shown) {
    for (const auto byte : line.expose())
        if (byte == std::byte{'\r'} || byte == std::byte{'\n'} || byte == std::byte{0})
            throw Error(ErrorCode::usage, "a secret for the mail server holds a line break");
    implementation_->require_cover();
    hide(line);
    Secret whole(line.size() + 2);
    const auto bytes = whole.expose();
    if (!line.empty()) std::memcpy(bytes.data(), line.expose().data(), line.size());
    bytes[line.size()] = std::byte{'\r'};
    bytes[line.size() + 1] = std::byte{'\n'};
    if (auto* const transcript = implementation_->transcript()) transcript->sent(without_secrets(shown));
    implementation_->flush();
    implementation_->put(whole.expose());
}

void Connection::send_bytes(std::span<const std::byte> bytes) {
    implementation_->collect(bytes);
}

void Connection::flush() {
    implementation_->flush();
}

void Connection::hide(const Secret& secret) {
    implementation_->hidden().add(secret);
}

std::string Connection::without_secrets(std::string_view text) const {
    return implementation_->hidden().mask(text);
}

bool is_lost_connection(const Error& error) noexcept {
    constexpr std::array kKinds{ECONNRESET, ECONNABORTED, ECONNREFUSED, EPIPE,        ETIMEDOUT,
                                ENETRESET,  ENETDOWN,     ENETUNREACH,  EHOSTUNREACH, EHOSTDOWN};
    return error.code() == ErrorCode::failed && std::ranges::find(kKinds, error.error_number()) != kKinds.end();
}

}  // namespace kist::mailproto
