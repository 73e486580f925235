#include "cli/mail_account.hpp"

#include "kist/base/error.hpp"
#include "kist/base/nearest_name.hpp"
#include "kist/os/directory.hpp"

#include <utility>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr std::chrono::seconds kFresh{60};  // servers hang up on who says nothing

bool is_same_account(const mailproto::MailUrl& a, const mailproto::MailUrl& b) {
    return a.user == b.user && a.host == b.host && a.port == b.port && a.protocol == b.protocol;
}

std::string name_of(const mailproto::MailUrl& url) {
    // A maildrop never has the name of the IMAP account beside it.
    const bool is_usual =
        url.protocol == mailproto::Protocol::imap && url.port == mailproto::usual_port(url.protocol, url.encryption);
    return is_usual ? fmt::format("{}@{}", url.user, url.host) : fmt::format("{}@{}:{}", url.user, url.host, url.port);
}

MailAccount find_named(const config::Configuration& configuration, const std::string& name) {
    if (const auto* source = configuration.find_source(name); source != nullptr && source->mailbox)
        return {name, parse_account_url(source->mailbox->url), source};
    std::vector<std::string> names;
    for (const auto& source : configuration.sources)
        if (source.mailbox) names.push_back(source.name);
    const auto nearest = nearest_name(name, names);
    throw Error(ErrorCode::not_found, fmt::format("no mailbox {} is configured", os::printable(name)),
                nearest
                    ? fmt::format("Did you mean {}?", os::printable(*nearest))
                    : "Give its URL: imaps://user@mail.example.org. `man kist`, CONFIGURATION, tells how to name it.");
}

}  // namespace

mailproto::MailUrl parse_account_url(const std::string& text) {
    auto url = mailproto::parse_mail_url(text);
    if (url.protocol == mailproto::Protocol::smtp)
        throw Error(ErrorCode::usage, fmt::format("{} is no mailbox: SMTP only sends", os::printable(text)),
                    "Like imaps://user@mail.example.org, or pop3s://.");
    if (url.user.empty())
        throw Error(ErrorCode::usage, fmt::format("{} does not say whose mailbox it is", os::printable(text)),
                    "Like imaps://user@mail.example.org.");
    return url;
}

MailAccount find_mail_account(const Configured& configured, const std::string& word) {
    const auto& configuration = configured.get();
    if (!mailproto::is_mail_url(word)) return find_named(configuration, word);
    const auto url = parse_account_url(word);
    for (const auto& source : configuration.sources)
        if (source.mailbox)
            if (const auto its = parse_account_url(source.mailbox->url); is_same_account(its, url))
                return {source.name, its, &source};
    return {name_of(url), url, nullptr};
}

MailLogin::MailLogin(const MailAccount& account, ServerAccess access, const Configured& configured)
    : url_(account.url), access_(std::move(access)) {
    if (account.configured != nullptr) access_.complete(*account.configured->mailbox, configured);
    static_cast<void>(access_.connection(url_));  // what is wrong with it is said before a password is asked for
    secret_ = access_.read_secret(url_);
}

void MailLogin::connect_ahead() {
    if (url_.protocol != mailproto::Protocol::imap || std::exchange(is_begun_, true)) return;
    const std::lock_guard lock(mutex_);
    ready_ = std::async(std::launch::async, [this] { return Ready{make_session(), std::chrono::steady_clock::now()}; });
}

std::unique_ptr<mailproto::ImapSession> MailLogin::connect() const {
    if (auto ahead = take_ready(); ahead.valid()) {
        auto ready = ahead.get();
        if (std::chrono::steady_clock::now() - ready.since < kFresh) return std::move(ready.session);
    }
    return make_session();
}

std::future<MailLogin::Ready> MailLogin::take_ready() const {
    const std::lock_guard lock(mutex_);
    return std::move(ready_);
}

std::unique_ptr<mailproto::Pop3Maildrop> MailLogin::connect_pop3() const {
    return std::make_unique<mailproto::Pop3Maildrop>(mailproto::Pop3Login{
        access_.connection(url_), {url_.user, &secret_, access_.kind(), url_.host, url_.port}, access_.mechanism()});
}

std::unique_ptr<mailproto::ImapSession> MailLogin::make_session() const {
    if (url_.protocol != mailproto::Protocol::imap)
        throw Error(ErrorCode::usage, "that needs IMAP, and the account is POP3's",
                    "POP3 knows an inbox whose messages can be read and deleted, and nothing else.");
    return std::make_unique<mailproto::ImapSession>(mailproto::ImapLogin{
        access_.connection(url_), {url_.user, &secret_, access_.kind(), url_.host, url_.port}, access_.mechanism()});
}

mailbox::FolderChoice folders_of(const MailAccount& account) {
    if (account.configured == nullptr) return {};
    const auto& mailbox = *account.configured->mailbox;
    return {mailbox.folders, mailbox.exclude_folders};
}

}  // namespace kist::cli
