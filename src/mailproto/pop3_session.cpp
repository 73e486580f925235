#include "kist/mailproto/pop3_session.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "mailproto/dot_stuffing.hpp"
#include "mailproto/secret_text.hpp"
#include "mailproto/words.hpp"

#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestLine = 8 * 1024;
constexpr std::size_t kLongestChallengeLine = 96 * 1024;
constexpr std::size_t kMostListed = 1'000'000;
constexpr std::size_t kMostCapabilities = 500;
constexpr std::size_t kLongestId = 70;  // RFC 1939, 7

[[noreturn]] void break_off(const Connection& connection, std::string_view line) {
    throw Error(ErrorCode::failed, fmt::format("{} does not speak POP3: {}", os::printable(connection.host()),
                                               os::printable(connection.without_secrets(line.substr(0, 100)))));
}

[[noreturn]] void refuse(const Connection& connection, std::string_view what, const Pop3Reply& reply) {
    throw Error(ErrorCode::failed, fmt::format("{} {}: {}", os::printable(connection.host()), what,
                                               os::printable(connection.without_secrets(reply.text))));
}

}  // namespace

Pop3Session::Pop3Session(Connection& connection) : connection_(connection) {
    const auto reply = read_reply();
    if (!reply.is_ok) refuse(connection_, "turns us away", reply);
    greeting_ = reply.text;
}

Pop3Reply Pop3Session::command(std::string_view line) {
    connection_.send_line(line);
    return read_reply();
}

Pop3Reply Pop3Session::read_reply() {
    const auto line = connection_.read_line(kLongestLine);
    if (line == "+OK" || line.starts_with("+OK ")) return {true, line.substr(std::min<std::size_t>(4, line.size()))};
    if (line == "-ERR" || line.starts_with("-ERR ")) return {false, line.substr(std::min<std::size_t>(5, line.size()))};
    break_off(connection_, line);
}

// The lines up to the one that is a dot.
std::vector<std::string> Pop3Session::read_list() {
    std::vector<std::string> lines;
    for (;;) {
        auto line = connection_.read_line(kLongestLine);
        if (line == ".") return lines;
        if (lines.size() == kMostListed) throw Error(ErrorCode::failed, "the server's list has no end");
        lines.push_back(line.starts_with('.') ? line.substr(1) : std::move(line));
    }
}

std::optional<Pop3Capabilities> Pop3Session::capabilities() {
    if (!command("CAPA").is_ok) return std::nullopt;
    Pop3Capabilities capabilities;
    capabilities.lines = read_list();
    if (capabilities.lines.size() > kMostCapabilities) capabilities.lines.resize(kMostCapabilities);
    for (const auto& line : capabilities.lines) {
        const auto words = words_of(line);
        if (words.empty()) continue;
        const auto name = upper(words.front());
        if (name == "SASL") capabilities.sasl.assign(words.begin() + 1, words.end());
        capabilities.has_stls |= name == "STLS";
        capabilities.has_user |= name == "USER";
        capabilities.has_top |= name == "TOP";
        capabilities.has_uidl |= name == "UIDL";
        capabilities.has_pipelining |= name == "PIPELINING";
    }
    return capabilities;
}

void Pop3Session::start_tls() {
    if (const auto reply = command("STLS"); !reply.is_ok) refuse(connection_, "refuses encryption (STLS)", reply);
    connection_.start_tls();
}

std::string Pop3Session::log_in(const Credentials& credentials, const Pop3Capabilities& capabilities,
                                std::string_view mechanism) {
    connection_.hide(*credentials.secret);
    std::string chosen(mechanism);
    if (chosen.empty()) chosen = choose_mechanism(capabilities.sasl, credentials.kind).value_or("USER");
    if (upper(chosen) != "USER") {
        use_sasl(chosen, credentials);
    } else if (credentials.kind == SecretKind::token) {
        throw Error(ErrorCode::usage,
                    fmt::format("{} offers no login with a token", os::printable(connection_.host())));
    } else {
        use_password(credentials);
    }
    return upper(chosen);
}

namespace {

[[noreturn]] void refuse_login(const Connection& connection, const std::string& user, const Pop3Reply& reply,
                               const std::string& details) {
    throw Error(ErrorCode::no_key,
                fmt::format("{} refuses the login of {}: {}{}", os::printable(connection.host()), os::printable(user),
                            os::printable(connection.without_secrets(reply.text)),
                            details.empty() ? "" : " " + connection.without_secrets(details)));
}

}  // namespace

void Pop3Session::use_sasl(const std::string& mechanism, const Credentials& credentials) {
    const auto exchange = make_sasl_exchange(mechanism, credentials);
    const auto first = exchange->initial_response();
    const auto words = fmt::format("AUTH {}", upper(mechanism));
    // RFC 5034, 4: a line is at most 255 bytes long; what is longer waits for the server's invitation.
    const bool goes_along = first && words.size() + 1 + first->size() <= 253;
    if (goes_along)
        connection_.send_secret_line(joined({words, " ", view_of(*first)}), words + " ***");
    else
        connection_.send_line(words);
    for (bool is_invitation = first && !goes_along;; is_invitation = false) {
        const auto line = connection_.read_line(kLongestChallengeLine);
        if (line.starts_with("+OK")) return exchange->check_success();
        if (line.starts_with("-ERR"))
            refuse_login(connection_, credentials.user, {false, line.substr(std::min<std::size_t>(5, line.size()))},
                         exchange->failure_details());
        if (!line.starts_with("+ ") && line != "+") break_off(connection_, line);
        const auto challenge = std::string_view(line).substr(std::min<std::size_t>(2, line.size()));
        if (is_invitation)
            connection_.send_secret_line(*first, "***");
        else
            connection_.send_secret_line(exchange->respond(challenge), "***");
    }
}

void Pop3Session::use_password(const Credentials& credentials) {
    if (const auto reply = command(fmt::format("USER {}", credentials.user)); !reply.is_ok)
        refuse_login(connection_, credentials.user, reply, {});
    connection_.send_secret_line(joined({"PASS ", view_of(*credentials.secret)}), "PASS ***");
    if (const auto reply = read_reply(); !reply.is_ok) refuse_login(connection_, credentials.user, reply, {});
}

std::optional<Pop3Size> Pop3Session::stat() {
    const auto reply = command("STAT");
    if (!reply.is_ok) return std::nullopt;
    const auto words = words_of(reply.text);
    const auto messages = !words.empty() ? number_in(words[0]) : std::nullopt;
    const auto bytes = words.size() > 1 ? number_in(words[1]) : std::nullopt;
    if (!messages || !bytes) break_off(connection_, reply.text);
    return Pop3Size{*messages, *bytes};
}

std::optional<std::vector<Pop3Listed>> Pop3Session::listed(std::string_view command_line) {
    if (!command(command_line).is_ok) return std::nullopt;
    std::vector<Pop3Listed> all;
    for (const auto& line : read_list()) {
        const auto words = words_of(line);
        const auto number = !words.empty() ? number_in(words[0]) : std::nullopt;
        if (!number || *number == 0 || words.size() < 2 || words[1].size() > kLongestId) break_off(connection_, line);
        all.push_back({*number, std::string(words[1])});
    }
    return all;
}

std::optional<std::vector<Pop3Listed>> Pop3Session::list() {
    return listed("LIST");
}

std::optional<std::vector<Pop3Listed>> Pop3Session::uidl() {
    return listed("UIDL");
}

void Pop3Session::request_retrieve(std::uint64_t message) {
    connection_.send_line(fmt::format("RETR {}", message));
}

Pop3Reply Pop3Session::receive_message(const Take& take) {
    auto reply = read_reply();
    if (!reply.is_ok) return reply;
    DotUnstuffer unstuffer;
    while (!unstuffer.is_complete()) connection_.consume(unstuffer.feed(connection_.available(), take));
    return reply;
}

Pop3Reply Pop3Session::retrieve(std::uint64_t message, const Take& take) {
    request_retrieve(message);
    return receive_message(take);
}

Pop3Reply Pop3Session::top(std::uint64_t message, std::uint64_t lines, const Take& take) {
    connection_.send_line(fmt::format("TOP {} {}", message, lines));
    return receive_message(take);
}

Pop3Reply Pop3Session::remove(std::uint64_t message) {
    return command(fmt::format("DELE {}", message));
}

Pop3Reply Pop3Session::reset() {
    return command("RSET");
}

Pop3Reply Pop3Session::quit() {
    return command("QUIT");
}

}  // namespace kist::mailproto
