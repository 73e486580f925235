#include "cli/probe_request.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr std::int64_t kLongestPatience = 24 * 60 * 60;

struct Names {
    const char* secure_scheme;
    const char* command;
    const char* description;  // of the URL
};

Names names_of(mailproto::Protocol protocol) {
    switch (protocol) {
        case mailproto::Protocol::imap:
            return {"imaps://", "imap",
                    "The server and who logs in: imaps://user@mail.example.org/Folder, imap://... with STARTTLS, or a "
                    "host"};
        case mailproto::Protocol::pop3:
            return {"pop3s://", "pop3",
                    "The server and who logs in: pop3s://user@mail.example.org, pop3://... with STARTTLS, or a host"};
        case mailproto::Protocol::smtp:
            return {"smtps://", "smtp",
                    "The server and who logs in: smtps://user@mail.example.org, smtp://... with STARTTLS, or a host"};
    }
    return {"", "", ""};
}

}  // namespace

void ProbeRequest::declare(Options& options) {
    options.argument("URL", text_, names_of(protocol_).description, Presence::required);
    access_.declare(options);
    options.number("--timeout", "SECONDS", timeout_, "Give up when the server is silent for so long (default: 60)");
    options.flag("--step", step_, "Wait for Enter before each step");
}

void ProbeRequest::prepare() {
    const auto names = names_of(protocol_);
    const bool has_scheme = text_.find("://") != std::string::npos;
    url_ = mailproto::parse_mail_url(has_scheme ? text_ : names.secure_scheme + text_);
    if (url_.protocol != protocol_)
        throw Error(ErrorCode::usage, fmt::format("`probe {}` does not take a URL of another protocol", names.command),
                    fmt::format("Try `kist probe {}`.", names_of(url_.protocol).command));
    static_cast<void>(access_.connection(url_));  // what is wrong with it is said before a password is asked for
    if (!url_.user.empty()) secret_ = access_.read_secret(url_);
}

std::optional<mailproto::Credentials> ProbeRequest::credentials() const {
    if (url_.user.empty()) return std::nullopt;
    return mailproto::Credentials{url_.user, &secret_, access_.kind(), url_.host, url_.port};
}

mailproto::Connection ProbeRequest::connect(ProbeRun& run) const {
    auto options = access_.connection(url_);
    options.transcript = &run;
    options.patience = std::chrono::seconds(std::min<std::int64_t>(timeout_, kLongestPatience));
    options.connect_time = options.patience;
    std::optional<mailproto::Connection> connection;
    const auto how = access_.begins_with_tls(url_) ? "and begins with encryption at once, so that nothing is readable"
                     : upgrades()                  ? "in plain text at first; encryption comes before any secret"
                                  : "in plain text, as --insecure asks for: anybody on the way can read it";
    run.step({"connect", fmt::format("calls {} port {} {}", os::printable(url_.host), url_.port, how)},
             [&] { connection.emplace(options); });
    return std::move(*connection);
}

ProbeStep encryption_step(const std::string& command) {
    return {"encryption", fmt::format("asks by {} for TLS, and looks at the server's certificate", command)};
}

ProbeStep login_step(const ProbeRequest& request) {
    return {"login", fmt::format("logs in as {}; what is secret is shown as ***", os::printable(request.url().user))};
}

}  // namespace kist::cli
