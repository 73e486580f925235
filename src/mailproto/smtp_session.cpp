#include "kist/mailproto/smtp_session.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "mailproto/dot_stuffing.hpp"
#include "mailproto/secret_text.hpp"
#include "mailproto/words.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestLine = 8 * 1024;
constexpr std::size_t kMostLines = 500;
constexpr std::size_t kLongestAddress = 254;  // RFC 5321, erratum 1690

std::string text_of(const Connection& connection, const SmtpReply& reply) {
    return os::printable(connection.without_secrets(fmt::format("{} {}", reply.code, fmt::join(reply.lines, " "))));
}

[[noreturn]] void refuse(const Connection& connection, std::string_view what, const SmtpReply& reply) {
    throw Error(ErrorCode::failed,
                fmt::format("{} {}: {}", os::printable(connection.host()), what, text_of(connection, reply)));
}

// What a reply says on one line of several.
struct ReplyLine {
    int code;
    bool is_last;
    std::string text;
};

std::optional<ReplyLine> parse(std::string_view line) {
    if (line.size() < 3 || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) return std::nullopt;
    const auto code = number_in(line.substr(0, 3));
    if (!code || *code < 200 || *code > 599) return std::nullopt;
    return ReplyLine{static_cast<int>(*code), line.size() == 3 || line[3] == ' ',
                     std::string(line.substr(std::min<std::size_t>(4, line.size())))};
}

// RFC 5321, 4.1.4: the name of this machine where it is one of the Internet's, else an address.
std::string own_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "[127.0.0.1]";
    const std::string_view text = name.data();
    const bool is_domain = text.find('.') != std::string_view::npos && std::ranges::all_of(text, [](unsigned char c) {
                               return std::isalnum(c) != 0 || c == '.' || c == '-';
                           });
    return is_domain ? std::string(text) : "[127.0.0.1]";
}

void check_address(std::string_view address) {
    const bool fits =
        !address.empty() && address.size() <= kLongestAddress &&
        std::ranges::all_of(address, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '<' && c != '>'; });
    if (!fits) throw Error(ErrorCode::usage, fmt::format("{} is no mail address", os::printable(address)));
}

}  // namespace

SmtpSession::SmtpSession(Connection& connection) : connection_(connection) {
    const auto reply = read_reply();
    if (reply.code != 220) refuse(connection_, "turns us away", reply);
    greeting_ = reply.lines.front();
}

SmtpReply SmtpSession::command(std::string_view line) {
    connection_.send_line(line);
    return read_reply();
}

SmtpReply SmtpSession::read_reply() {
    SmtpReply reply;
    for (;;) {
        const auto line = connection_.read_line(kLongestLine);
        const auto parsed = parse(line);
        if (!parsed || (!reply.lines.empty() && parsed->code != reply.code))
            throw Error(ErrorCode::failed,
                        fmt::format("{} does not speak SMTP: {}", os::printable(connection_.host()),
                                    os::printable(connection_.without_secrets(line.substr(0, 100)))));
        if (reply.lines.size() == kMostLines) throw Error(ErrorCode::failed, "the server's reply has no end");
        reply.code = parsed->code;
        reply.lines.push_back(parsed->text);
        if (parsed->is_last) return reply;
    }
}

SmtpCapabilities SmtpSession::introduce() {
    const auto reply = command(fmt::format("EHLO {}", own_name()));
    if (reply.code != 250) refuse(connection_, "refuses EHLO", reply);
    SmtpCapabilities capabilities;
    capabilities.lines.assign(reply.lines.begin() + 1, reply.lines.end());
    for (const auto& line : capabilities.lines) {
        const auto words = words_of(line);
        if (words.empty()) continue;
        const auto name = upper(words.front());
        if (name == "AUTH") capabilities.sasl.assign(words.begin() + 1, words.end());
        if (name == "SIZE" && words.size() > 1) capabilities.largest_message = number_in(words[1]);
        capabilities.has_starttls |= name == "STARTTLS";
    }
    return capabilities;
}

void SmtpSession::start_tls() {
    if (const auto reply = command("STARTTLS"); reply.code != 220)
        refuse(connection_, "refuses encryption (STARTTLS)", reply);
    connection_.start_tls();
}

std::string SmtpSession::log_in(const Credentials& credentials, const SmtpCapabilities& capabilities,
                                std::string_view mechanism) {
    connection_.hide(*credentials.secret);
    const auto chosen =
        mechanism.empty() ? choose_mechanism(capabilities.sasl, credentials.kind) : std::optional(upper(mechanism));
    if (!chosen)
        throw Error(ErrorCode::usage,
                    fmt::format("{} offers no login that Kist knows", os::printable(connection_.host())));
    const auto exchange = make_sasl_exchange(*chosen, credentials);
    const auto words = fmt::format("AUTH {}", *chosen);
    if (const auto first = exchange->initial_response())
        connection_.send_secret_line(joined({words, " ", view_of(*first)}), words + " ***");
    else
        connection_.send_line(words);
    for (;;) {
        const auto reply = read_reply();
        if (reply.code == 235) {
            exchange->check_success();
            return *chosen;
        }
        if (reply.code != 334)
            throw Error(ErrorCode::no_key,
                        fmt::format("{} refuses the login of {}: {} {}", os::printable(connection_.host()),
                                    os::printable(credentials.user), text_of(connection_, reply),
                                    connection_.without_secrets(exchange->failure_details())));
        connection_.send_secret_line(exchange->respond(reply.lines.front()), "***");
    }
}

SmtpReply SmtpSession::mail_from(std::string_view address) {
    check_address(address);
    return command(fmt::format("MAIL FROM:<{}>", address));
}

SmtpReply SmtpSession::recipient(std::string_view address) {
    check_address(address);
    return command(fmt::format("RCPT TO:<{}>", address));
}

SmtpReply SmtpSession::data(std::string_view message) {
    auto reply = command("DATA");
    if (reply.code != 354) return reply;
    connection_.send_bytes(os::as_bytes(dot_stuffed(message)));
    return read_reply();
}

SmtpReply SmtpSession::reset() {
    return command("RSET");
}

SmtpReply SmtpSession::quit() {
    return command("QUIT");
}

}  // namespace kist::mailproto
