#include "cli/server_access.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include "cli/interrupt.hpp"
#include "cli/kept_secret.hpp"
#include "cli/key_input.hpp"
#include "cli/passphrase_command.hpp"
#include "cli/prompt.hpp"
#include "cli/split_words.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr const char* kEndOfLine = "\r\n";

// The first line: password files are made by editors and `pass show >file`.
Secret first_line_of(const std::string& path) {
    if (path == "-") return read_secret(STDIN_FILENO, Until::newline, "standard input");
    const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) throw Error::from_errno(errno, fmt::format("cannot open the password file {}", os::printable(path)));
    return read_secret(file.get(), Until::newline, "the password file " + os::printable(path));
}

Secret without_line_end(Secret secret) {
    auto size = secret.size();
    while (size > 0 &&
           std::string_view(kEndOfLine).find(static_cast<char>(secret.expose()[size - 1])) != std::string_view::npos)
        --size;
    secret.truncate(size);
    return secret;
}

}  // namespace

void ServerAccess::declare(Options& options) {
    options.text("--password-file", "FILE", password_file_,
                 "Read the password from FILE's first line (`-`: standard input)");
    options.text("--password-command", "COMMAND", password_command_,
                 "Run COMMAND; its first line of output is the password");
    options.text("--password-keyring", "KEY", password_keyring_,
                 "Take the password from the kernel's keyring: the `user` key of this description");
    options.text("--password-credential", "NAME", password_credential_,
                 "Take the password from systemd's credentials ($CREDENTIALS_DIRECTORY/NAME)");
    options.text("--token-file", "FILE", token_file_, "Log in by OAuth2 with the access token in FILE");
    options.text("--token-command", "COMMAND", token_command_,
                 "Log in by OAuth2 with the access token that COMMAND prints");
    options.text("--mechanism", "NAME", mechanism_, "Log in by this mechanism (default: the best that is offered)");
    options.text("--ca-file", "FILE", ca_file_, "Trust the certificate authorities in FILE instead of the system's");
    options.text("--fingerprint", "SHA256", fingerprint_, "Trust exactly the certificate that has this fingerprint");
    options.flag("--insecure", insecure_, "No encryption: only to this machine or in a private network");
}

void ServerAccess::complete(const config::MailServer& server, const Configured& configured) {
    if (ca_file_.empty() && !server.ca_file.empty()) ca_file_ = trusted_file(server.ca_file);
    if (fingerprint_.empty()) fingerprint_ = server.fingerprint;
    insecure_ = insecure_ || server.is_insecure;
    if (source_count() > 0) return;
    password_keyring_ = server.password_keyring;
    password_credential_ = server.password_credential;
    if (!server.password_file.empty()) password_file_ = trusted_file(server.password_file);
    if (!server.token_file.empty()) token_file_ = trusted_file(server.token_file);
    if (configured.are_programs_held_back()) return;
    for (const auto* command : {&server.password_command, &server.token_command})
        if (!command->empty()) require_trusted_program(*command);
    password_words_ = server.password_command;
    token_words_ = server.token_command;
}

mailproto::ConnectionOptions ServerAccess::connection(const mailproto::MailUrl& url) const {
    mailproto::ConnectionOptions options;
    options.host = url.host;
    options.port = url.port;
    options.tls = begins_with_tls(url) ? mailproto::TlsStart::at_once : mailproto::TlsStart::later;
    options.plain_text = insecure_ ? mailproto::PlainText::allowed : mailproto::PlainText::refused;
    options.trust.ca_file = ca_file_;
    if (!fingerprint_.empty()) {
        options.trust.fingerprint = mailproto::parse_fingerprint(fingerprint_);
        if (!options.trust.fingerprint)
            throw Error(ErrorCode::usage, "--fingerprint takes a SHA-256 fingerprint: 64 hexadecimal digits",
                        "`openssl x509 -in CERTIFICATE -noout -fingerprint -sha256` shows it on the server.");
    }
    if (insecure_ && url.encryption == mailproto::Encryption::implicit)
        throw Error(ErrorCode::usage, "--insecure does not go with a URL that asks for encryption",
                    "Without encryption it is imap://, pop3:// or smtp://.");
    options.interrupted = &interrupt_flag();
    return options;
}

std::size_t ServerAccess::source_count() const noexcept {
    const std::string* all[] = {&password_file_,       &password_command_, &password_keyring_,
                                &password_credential_, &token_file_,       &token_command_};
    return static_cast<std::size_t>(std::ranges::count_if(all, [](const auto* one) { return !one->empty(); }));
}

void ServerAccess::require_one_source() const {
    if (source_count() > 1)
        throw Error(ErrorCode::usage,
                    "give one of --password-file, --password-command, --password-keyring, --password-credential, "
                    "--token-file, --token-command");
}

bool ServerAccess::is_typed() const noexcept {
    return source_count() == 0 || password_file_ == "-";
}

config::MailServer ServerAccess::described(const std::string& url) const {
    require_one_source();
    const auto absolute = [](const std::string& path) {
        return path.empty() || path == "-" ? std::string()
                                           : std::filesystem::absolute(path).lexically_normal().string();
    };
    config::MailServer server{.url = url};
    server.password_file = absolute(password_file_);
    if (!password_command_.empty()) server.password_command = split_words(password_command_, "--password-command");
    server.password_keyring = password_keyring_;
    server.password_credential = password_credential_;
    server.token_file = absolute(token_file_);
    if (!token_command_.empty()) server.token_command = split_words(token_command_, "--token-command");
    server.ca_file = absolute(ca_file_);
    server.fingerprint = fingerprint_;
    server.is_insecure = insecure_;
    return server;
}

mailproto::SecretKind ServerAccess::kind() const noexcept {
    const bool is_token = !token_file_.empty() || !token_command_.empty() || !token_words_.empty();
    return is_token ? mailproto::SecretKind::token : mailproto::SecretKind::password;
}

Secret ServerAccess::read_secret(const mailproto::MailUrl& url) const {
    require_one_source();
    if (!password_keyring_.empty()) return without_line_end(read_from_keyring(password_keyring_));
    if (!password_credential_.empty()) return without_line_end(read_credential(password_credential_));
    const auto& file = token_file_.empty() ? password_file_ : token_file_;
    if (!file.empty()) return without_line_end(first_line_of(file));
    if (!password_command_.empty())
        return without_line_end(read_from_command(split_words(password_command_, "--password-command")));
    if (!token_command_.empty())
        return without_line_end(read_from_command(split_words(token_command_, "--token-command")));
    const auto& words = token_words_.empty() ? password_words_ : token_words_;
    if (!words.empty()) return without_line_end(read_from_command(words));
    const auto account = fmt::format("{} at {}", os::printable(url.user), os::printable(url.host));
    if (!can_ask())
        throw Error(ErrorCode::usage, fmt::format("no password for {}: there is no terminal to ask for it", account),
                    "Give --password-file FILE (`-` reads standard input) or --password-command COMMAND.");
    return read_key({}, KeyPurpose::unlock, account, "Password of");
}

}  // namespace kist::cli
