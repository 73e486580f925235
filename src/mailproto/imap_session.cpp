#include "kist/mailproto/imap_session.hpp"

#include "kist/base/error.hpp"
#include "kist/mailproto/imap_dialogue.hpp"
#include "kist/os/directory.hpp"

#include "mailproto/imap_reader.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestQuote = 200;     // of the server's words in a message
constexpr std::size_t kLargestUnasked = 4096;  // of LITERAL-

}  // namespace

class ImapSession::Source : public ByteSource {
  public:
    explicit Source(Connection& connection) : connection_(connection) {}

    std::size_t read(std::span<std::byte> buffer) override {
        const auto bytes = connection_.available();
        const auto count = std::min(bytes.size(), buffer.size());
        std::memcpy(buffer.data(), bytes.data(), count);
        connection_.consume(count);
        return count;
    }

  private:
    Connection& connection_;
};

ImapSession::ImapSession(const ImapLogin& login)
    : connection_(login.connection),
      source_(std::make_unique<Source>(connection_)),
      input_(std::make_unique<ImapInput>(*source_)) {
    ImapDialogue dialogue(connection_);
    if (!connection_.is_encrypted() && login.connection.plain_text == PlainText::refused) dialogue.start_tls();
    const auto offered = [&] {
        const auto& announced = dialogue.announced_capabilities();
        return announced ? *announced : dialogue.capabilities();
    };
    if (!dialogue.is_preauthenticated()) dialogue.log_in(login.credentials, offered(), login.mechanism);
    capabilities_ = offered();
    if (!can("IMAP4REV1"))
        throw Error(ErrorCode::failed, fmt::format("{} is no IMAP4rev1 server", os::printable(connection_.host())));
}

ImapSession::~ImapSession() = default;

bool ImapSession::can(std::string_view capability) const {
    return std::ranges::find(capabilities_, capability) != capabilities_.end();
}

std::string ImapSession::next_tag() {
    return fmt::format("k{}", ++last_tag_);
}

void ImapSession::enable_ahead(std::string_view extension) {
    enabling_ = next_tag();
    connection_.send_line(fmt::format("{} ENABLE {}", enabling_, extension));
}

void ImapSession::send(std::string_view text) {
    sent_.push_back(next_tag());
    connection_.send_line(fmt::format("{} {}", sent_.back(), text));
}

ImapStatus ImapSession::finish(ImapSink& sink) {
    for (;;) {
        const auto answer = read_answer(*input_, sink);
        if (answer.kind != ImapAnswer::Kind::tagged) continue;
        if (!enabling_.empty() && answer.tag == enabling_) {
            has_enabled_ = answer.status.condition == ImapCondition::ok;
            enabling_.clear();
            continue;
        }
        if (sent_.empty() || answer.tag != sent_.front()) ImapInput::fail("the end of another command");
        sent_.pop_front();
        return answer.status;
    }
}

ImapStatus ImapSession::command(std::string_view text, ImapSink& sink) {
    send(text);
    return finish(sink);
}

bool ImapSession::waits_for(std::size_t size) const {
    return !can("LITERAL+") && (!can("LITERAL-") || size > kLargestUnasked);
}

std::optional<ImapStatus> ImapSession::send_parts(std::span<const ImapPart> parts, ImapSink& sink) {
    for (const auto& part : parts)
        if (part.text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            throw Error(ErrorCode::usage, "a command for the mail server holds a line break");
    const auto say = [&](const std::string& text) { connection_.send_bytes(std::as_bytes(std::span(text))); };
    sent_.push_back(next_tag());
    say(fmt::format("{} ", sent_.back()));
    for (const auto& part : parts) {
        const bool waits = waits_for(part.literal.size());
        say(fmt::format("{}{{{}{}}}\r\n", part.text, part.literal.size(), waits ? "" : "+"));
        if (waits)
            if (auto ended = await_agreement(sink)) return ended;
        connection_.send_bytes(part.literal);
    }
    say("\r\n");
    return std::nullopt;
}

// nullopt: the server waits for the literal.
std::optional<ImapStatus> ImapSession::await_agreement(ImapSink& sink) {
    for (;;) {
        const auto answer = read_answer(*input_, sink);
        if (answer.kind == ImapAnswer::Kind::continuation) return std::nullopt;
        if (answer.kind != ImapAnswer::Kind::tagged) continue;
        if (sent_.empty() || answer.tag != sent_.back()) ImapInput::fail("the end of another command");
        sent_.pop_back();
        return answer.status;
    }
}

void ImapSession::logout() noexcept {
    try {
        connection_.send_line(fmt::format("{} LOGOUT", next_tag()));
        connection_.flush();
    } catch (const std::exception&) {
        return;  // it is over in any case
    }
}

std::string imap_quoted(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '\r' || c == '\n' || c == '\0')
            throw Error(ErrorCode::failed, fmt::format("the name {} cannot be sent to a server", os::printable(name)));
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

std::string printable_text(const ImapStatus& status) {
    auto text = os::printable(status.text.empty() ? status.code : status.text);
    if (text.size() <= kLongestQuote) return text;
    text.resize(kLongestQuote);
    return text.append("...");
}

}  // namespace kist::mailproto
