#include "kist/mailproto/imap_dialogue.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "mailproto/secret_text.hpp"
#include "mailproto/words.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::size_t kLongestChallengeLine = 96 * 1024;
constexpr std::size_t kMostLines = 10'000;
constexpr std::size_t kMostText = 16 * 1024 * 1024;
constexpr std::size_t kKeptOfLiteral = 256 * 1024;
constexpr const char* kLoginCommand = "LOGIN-COMMAND";

[[noreturn]] void break_off(const Connection& connection, std::string_view what, std::string_view line) {
    throw Error(ErrorCode::failed, fmt::format("{} {}: {}", os::printable(connection.host()), what,
                                               os::printable(connection.without_secrets(line.substr(0, 200)))));
}

// Lines whose text is for people: a "{5}" at their end is no literal.
bool is_for_people(std::string_view line) {
    if (!line.starts_with("* ")) return true;
    const auto word = upper(line.substr(2, line.find(' ', 2) - 2));
    return word == "OK" || word == "NO" || word == "BAD" || word == "BYE" || word == "PREAUTH";
}

// What "{N}" or "{N+}" at the end of a line announces. Errors: failed where it is beyond 64 bits.
std::optional<std::uint64_t> literal_size(const Connection& connection, std::string_view line) {
    if (!line.ends_with('}')) return std::nullopt;
    const auto brace = line.rfind('{');
    if (brace == std::string_view::npos) return std::nullopt;
    auto digits = line.substr(brace + 1, line.size() - brace - 2);
    if (digits.ends_with('+')) digits.remove_suffix(1);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const auto size = number_in(digits);
    if (!size) break_off(connection, "announces a literal of an impossible size", line);
    return size;
}

// Of "CAPABILITY IMAP4rev1 ...", or of a status with "[CAPABILITY IMAP4rev1 ...]" in it.
std::optional<std::vector<std::string>> capabilities_in(std::string_view line) {
    constexpr std::string_view kWord = "CAPABILITY ";
    auto text = upper(line);
    if (!text.starts_with(kWord)) {
        const auto open = text.find('[');
        const auto close = text.find(']', open);
        if (open == std::string::npos || close == std::string::npos) return std::nullopt;
        text = text.substr(open + 1, close - open - 1);
        if (!text.starts_with(kWord)) return std::nullopt;
    }
    return words_of(std::string_view(text).substr(kWord.size()));
}

bool has(const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

}  // namespace

ImapDialogue::ImapDialogue(Connection& connection) : connection_(connection) {
    const auto line = connection_.read_line(kLongestLine);
    const auto words = words_of(line);
    const auto status = words.size() > 1 && words[0] == "*" ? upper(words[1]) : std::string();
    if (status == "BYE") break_off(connection_, "turns us away", line.substr(2));
    if (status != "OK" && status != "PREAUTH") break_off(connection_, "does not speak IMAP", line);
    greeting_ = line.substr(2);
    is_preauthenticated_ = status == "PREAUTH";
    note_announced(greeting_);
}

void ImapDialogue::note_announced(std::string_view line) {
    if (auto found = capabilities_in(line)) announced_ = std::move(found);
}

std::string ImapDialogue::next_tag() {
    return fmt::format("a{}", ++commands_);
}

ImapReply ImapDialogue::command(std::string_view text) {
    const auto tag = next_tag();
    connection_.send_line(fmt::format("{} {}", tag, text));
    return read_reply(tag);
}

// One response, however many literals break it up into lines.
std::string ImapDialogue::read_response_line(ImapReply& reply) {
    auto line = connection_.read_line(kLongestLine);
    if (is_for_people(line)) return line;
    auto rest = line;  // only what came last can announce another literal
    while (const auto size = literal_size(connection_, rest)) {
        std::size_t kept = 0;
        for (const auto& earlier : reply.literals) kept += earlier.size();
        const auto most = std::min(kKeptOfLiteral, kMostText - std::min(kept, kMostText));
        auto& literal = reply.literals.emplace_back();
        if (reply.literals.size() > kMostLines) break_off(connection_, "sends literals without end", line);
        connection_.read_exactly(*size, [&](std::span<const std::byte> piece) {
            literal.append(reinterpret_cast<const char*>(piece.data()), std::min(piece.size(), most - literal.size()));
        });
        rest = connection_.read_line(kLongestLine);
        line += rest;
        if (line.size() > kMostText) break_off(connection_, "sends a response without end", line);
    }
    return line;
}

ImapReply ImapDialogue::read_reply(const std::string& tag) {
    ImapReply reply;
    std::size_t size = 0;
    std::string goodbye;
    try {
        for (;;) {
            auto line = read_response_line(reply);
            if (line.starts_with(tag + " ")) {
                reply.text = line.substr(tag.size() + 1);
                reply.is_ok = upper(reply.text.substr(0, 3)) == "OK " || upper(reply.text) == "OK";
                return reply;
            }
            if (!line.starts_with("* ")) break_off(connection_, "answers something else than was asked", line);
            if (upper(line.substr(0, 6)) == "* BYE ") goodbye = line.substr(6);
            size += line.size();
            if (reply.untagged.size() == kMostLines || size > kMostText)
                break_off(connection_, "does not come to an end", line);
            reply.untagged.push_back(line.substr(2));
        }
    } catch (const Error& error) {
        if (goodbye.empty() || !is_lost_connection(error)) throw;
        break_off(connection_, "says goodbye in the middle", goodbye);
    }
}

std::vector<std::string> ImapDialogue::capabilities() {
    std::vector<std::string> all;
    const auto reply = command("CAPABILITY");
    for (const auto& line : reply.untagged)
        if (upper(line).starts_with("CAPABILITY"))
            if (auto found = capabilities_in(line)) all = std::move(*found);
    return all;
}

void ImapDialogue::start_tls() {
    if (is_preauthenticated_)
        break_off(connection_, "counts us as logged in before encryption, which is then not possible any more",
                  greeting_);
    if (const auto reply = command("STARTTLS"); !reply.is_ok)
        break_off(connection_, "refuses encryption (STARTTLS)", reply.text);
    connection_.start_tls();
    announced_.reset();  // what was said in plain text counts no more
}

namespace {

constexpr const char* kTokenHint =
    "It takes OAuth2 tokens, or passwords that it makes for one program: give --token-command COMMAND; `man kist`, "
    "LOGGING IN BY OAUTH2, tells how to get one.";

}  // namespace

std::string ImapDialogue::log_in(const Credentials& credentials, const std::vector<std::string>& capabilities,
                                 std::string_view mechanism) {
    connection_.hide(*credentials.secret);
    announced_.reset();
    std::vector<std::string> offered;
    for (const auto& word : capabilities)
        if (word.starts_with("AUTH=")) offered.push_back(word.substr(5));
    auto chosen = mechanism.empty() ? choose_mechanism(offered, credentials.kind) : std::optional(upper(mechanism));
    if (!chosen && credentials.kind == SecretKind::password && !has(capabilities, "LOGINDISABLED"))
        chosen = kLoginCommand;
    if (!chosen)
        throw Error(ErrorCode::usage,
                    fmt::format("{} offers no login that Kist knows", os::printable(connection_.host())),
                    has(offered, "XOAUTH2") || has(offered, "OAUTHBEARER") ? kTokenHint : "");
    if (*chosen == kLoginCommand)
        use_login(credentials);
    else
        use_sasl(*chosen, credentials, has(capabilities, "SASL-IR"));
    return *chosen;
}

namespace {

// Providers that refuse the password with which one logs in on their pages.
bool wants_tokens(std::string_view host) {
    constexpr std::string_view kDomains[] = {"gmail.com", "googlemail.com", "office365.com", "outlook.com"};
    return std::ranges::any_of(kDomains, [&](auto domain) {
        return host.ends_with(domain) && (host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.');
    });
}

[[noreturn]] void refuse_login(const Connection& connection, const Credentials& credentials, const ImapReply& reply,
                               const std::string& details) {
    throw Error(ErrorCode::no_key,
                fmt::format("{} refuses the login of {}: {}{}", os::printable(connection.host()),
                            os::printable(credentials.user), os::printable(connection.without_secrets(reply.text)),
                            details.empty() ? "" : " " + connection.without_secrets(details)),
                credentials.kind == SecretKind::password && wants_tokens(connection.host()) ? kTokenHint : "");
}

}  // namespace

// RFC 3501, 6.2.2; RFC 4959 for the first answer that goes along.
void ImapDialogue::use_sasl(const std::string& mechanism, const Credentials& credentials, bool goes_along) {
    const auto exchange = make_sasl_exchange(mechanism, credentials);
    auto first = exchange->initial_response();
    const auto tag = next_tag();
    const auto words = fmt::format("{} AUTHENTICATE {}", tag, mechanism);
    if (first && goes_along) {
        connection_.send_secret_line(joined({words, " ", view_of(*first)}), words + " ***");
        first.reset();
    } else {
        connection_.send_line(words);
    }
    for (int lines = 0; lines < 100; ++lines) {
        const auto line = connection_.read_line(kLongestChallengeLine);
        if (line.starts_with(tag + " ")) {
            ImapReply reply;
            reply.text = line.substr(tag.size() + 1);
            if (!upper(reply.text).starts_with("OK"))
                refuse_login(connection_, credentials, reply, exchange->failure_details());
            note_announced(reply.text);
            return exchange->check_success();
        }
        if (line.starts_with("* ")) {
            note_announced(std::string_view(line).substr(2));
            continue;
        }
        if (!line.starts_with('+')) break_off(connection_, "answers something else than was asked", line);
        const auto challenge = std::string_view(line).substr(std::min<std::size_t>(2, line.size()));
        connection_.send_secret_line(first ? std::move(*first) : exchange->respond(challenge), "***");
        first.reset();
    }
    break_off(connection_, "does not come to an end", "AUTHENTICATE");
}

void ImapDialogue::use_login(const Credentials& credentials) {
    const auto tag = next_tag();
    const auto shown = fmt::format("{} LOGIN {} ***", tag, quoted(credentials.user));
    // The password as a quoted string; what that cannot carry goes by a mechanism or not at all.
    Secret escaped(2 * credentials.secret->size());
    std::size_t size = 0;
    for (const auto byte : credentials.secret->expose()) {
        if (byte == std::byte{'"'} || byte == std::byte{'\\'}) escaped.expose()[size++] = std::byte{'\\'};
        escaped.expose()[size++] = byte;
    }
    escaped.truncate(size);
    connection_.send_secret_line(joined({tag, " LOGIN ", quoted(credentials.user), " \"", view_of(escaped), "\""}),
                                 shown);
    const auto reply = read_reply(tag);
    if (!reply.is_ok) refuse_login(connection_, credentials, reply, {});
    for (const auto& line : reply.untagged) note_announced(line);
    note_announced(reply.text);
}

std::string ImapDialogue::quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            throw Error(ErrorCode::usage, "a name for the mail server holds control characters");
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result.append("\"");
}

}  // namespace kist::mailproto
