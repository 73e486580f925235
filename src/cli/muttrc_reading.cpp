#include "cli/muttrc_reading.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include "cli/key_input.hpp"
#include "cli/mutt_statement.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <span>

#include <fcntl.h>
#include <fmt/format.h>
#include <regex.h>
#include <unistd.h>

namespace kist::cli {
namespace {

using Variables = MuttStatement::Variables;

constexpr std::size_t kLargestFile = std::size_t{1} << 20U;
constexpr std::size_t kLongestStatement = std::size_t{64} << 10U;
constexpr std::size_t kLongestPattern = 1000;
constexpr unsigned kDeepest = 10;
constexpr unsigned kMostFiles = 100;
constexpr std::size_t kMostNotes = 200;

bool is_secret(std::string_view name) {
    return name == "imap_pass" || name == "pop_pass" || name == "smtp_pass";
}

bool matches(const std::string& pattern, const std::string& text) {
    regex_t compiled;
    if (pattern.size() > kLongestPattern || regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    const bool is_match = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
    regfree(&compiled);
    return is_match;
}

// What an account's settings are at one place.
struct Scope {
    Variables variables;
    std::map<std::string, Secret, std::less<>> secrets;
    std::map<std::string, std::string, std::less<>> commands;  // between backticks
    std::vector<std::string> mailboxes;

    Scope copy() const {
        Scope other{variables, {}, commands, mailboxes};
        for (const auto& [name, secret] : secrets) other.secrets.emplace(name, Secret::copy_of(secret.expose()));
        return other;
    }
    std::string get(std::string_view name) const {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    }
};

struct Hook {
    std::string pattern;
    Secret statements;
    std::string at;
};

struct Place {
    std::string file;
    std::size_t line = 0;

    std::string text() const { return fmt::format("{}:{}", os::printable(file), line); }
};

class Reader {
  public:
    explicit Reader(std::string home) : home_(std::move(home)) {}

    MuttReading run(const std::string& path) {
        Scope scope;
        scope.variables["HOME"] = home_;
        read_file(path, scope);
        find_accounts(scope, {path, 1});
        apply_hooks(scope);
        return std::move(reading_);
    }

  private:
    static Secret content_of(const std::string& path) {
        const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
        if (!file) throw Error::from_errno(errno, fmt::format("cannot open {}", os::printable(path)));
        auto content = read_secret(file.get(), Until::end, os::printable(path));
        if (content.size() > kLargestFile)
            throw Error(ErrorCode::usage, fmt::format("{} is too large for a muttrc", os::printable(path)));
        return content;
    }

    void note(const Place& place, std::string_view what) {
        if (reading_.notes.size() < kMostNotes) reading_.notes.push_back(fmt::format("{}: {}", place.text(), what));
    }

    void read_file(const std::string& path, Scope& scope) {
        ++files_;
        ++depth_;
        const auto content = content_of(path);
        read_statements({reinterpret_cast<const char*>(content.expose().data()), content.size()}, {path, 1}, scope);
        --depth_;
    }

    void read_statements(std::string_view text, Place place, Scope& scope) {
        while (!text.empty()) {
            const MuttStatement statement(text.substr(0, kLongestStatement), scope.variables);
            carry_out(statement.words(), place, scope);
            const auto done = text.substr(0, statement.length());
            place.line += static_cast<std::size_t>(std::ranges::count(done, '\n'));
            text.remove_prefix(statement.length());
        }
    }

    void carry_out(const std::vector<MuttWord>& words, const Place& place, Scope& scope) {
        if (words.empty()) return;
        const auto verb = words.front().text;
        if (verb == "set")
            for (std::size_t at = 1; at < words.size();) at = assign(words, at, place, scope);
        else if (verb == "unset" || verb == "reset")
            for (std::size_t at = 1; at < words.size(); ++at) forget(std::string(words[at].text), scope);
        else if (verb == "source" && words.size() > 1)
            take_in(words[1], place, scope);
        else if (verb == "mailboxes" || verb == "named-mailboxes")
            for (std::size_t at = 1; at < words.size(); ++at) scope.mailboxes.emplace_back(words[at].text);
        else if ((verb == "account-hook" || verb == "folder-hook") && words.size() > 2)
            keep_hook(words, place);
    }

    // "name=value", "name = value", "name=" and "value", or only "name": the index behind it.
    static std::size_t assign(const std::vector<MuttWord>& words, std::size_t at, const Place& place, Scope& scope) {
        const auto word = words[at].text;
        const auto equals = word.find('=');
        const std::string name(word.substr(0, equals));
        if (equals != std::string_view::npos && (equals + 1 < word.size() || at + 1 == words.size())) {
            put(name, {word.substr(equals + 1), words[at].is_command}, place, scope);
            return at + 1;
        }
        if (equals != std::string_view::npos) {
            put(name, words[at + 1], place, scope);
            return at + 2;
        }
        if (at + 2 < words.size() && words[at + 1].text == "=") {
            put(name, words[at + 2], place, scope);
            return at + 3;
        }
        if (name.starts_with("no")) forget(name.substr(2), scope);
        return at + 1;
    }

    static void forget(const std::string& name, Scope& scope) {
        scope.variables.erase(name);
        scope.secrets.erase(name);
        scope.commands.erase(name);
    }

    static void put(const std::string& name, const MuttWord& value, const Place& place, Scope& scope) {
        forget(name, scope);
        if (value.is_command)
            scope.commands[name] = std::string(value.text);
        else if (is_secret(name))
            scope.secrets[name] = Secret::copy_of(std::as_bytes(std::span(value.text)));
        else
            scope.variables[name] = std::string(value.text);
        scope.variables["kist:" + name] = place.text();
    }

    std::string expanded(std::string_view path, const Place& place) const {
        if (path == "~" || path.starts_with("~/")) return fmt::format("{}{}", home_, path.substr(1));
        if (path.starts_with('/')) return std::string(path);
        return (std::filesystem::path(place.file).parent_path() / path).string();
    }

    void take_in(const MuttWord& word, const Place& place, Scope& scope) {
        if (word.is_command || word.text.ends_with('|'))
            return note(place, "a program's output is not taken in: nothing is run");
        if (depth_ == kDeepest || files_ == kMostFiles) return note(place, "too many files take in others");
        const auto depth = depth_;
        try {
            read_file(expanded(word.text, place), scope);
        } catch (const Error& error) {
            depth_ = depth;
            note(place, os::printable(error.message()));
        }
    }

    void keep_hook(const std::vector<MuttWord>& words, const Place& place) {
        std::size_t size = 0;
        for (std::size_t at = 2; at < words.size(); ++at) size += words[at].text.size() + 1;
        Hook hook{std::string(words[1].text), Secret(size), place.text()};
        auto room = hook.statements.expose();
        for (std::size_t at = 2; at < words.size(); ++at) {
            const auto bytes = std::as_bytes(std::span(words[at].text));
            std::copy(bytes.begin(), bytes.end(), room.begin());
            room[bytes.size()] = static_cast<std::byte>(at + 1 == words.size() ? '\n' : ' ');
            room = room.subspan(bytes.size() + 1);
        }
        if (words.front().text == "account-hook")
            account_hooks_.push_back(std::move(hook));
        else
            folder_hooks_.push_back(std::move(hook));
    }

    static std::string_view statements_of(const Hook& hook) {
        return {reinterpret_cast<const char*>(hook.statements.expose().data()), hook.statements.size()};
    }

    // A folder-hook often sets another account. Hooks within hooks are not looked at.
    void apply_hooks(const Scope& scope) {
        const auto hooks = std::move(folder_hooks_);
        for (const auto& hook : hooks) {
            auto inner = scope.copy();
            inner.mailboxes.clear();
            const Place place{hook.at, 0};
            read_statements(statements_of(hook), place, inner);
            if (mailproto::is_mail_url(hook.pattern) && inner.get("folder").empty())
                inner.mailboxes.push_back(hook.pattern);
            find_accounts(inner, place);
        }
    }

    void find_accounts(const Scope& scope, const Place& place) {
        for (const auto* name : {"folder", "spoolfile", "record", "postponed"})
            add(scope.get(name), scope, place, scope.get(fmt::format("kist:{}", name)));
        for (const auto& mailbox : scope.mailboxes) add(mailbox, scope, place, "");
        if (auto host = scope.get("pop_host"); !host.empty()) {
            const bool is_url = host.starts_with("pop://") || host.starts_with("pops://");
            if (!is_url) host.insert(0, "pops://");
            const bool has_tls = host.starts_with("pops://");
            add((has_tls ? "pop3s://" : "pop3://") + host.substr(has_tls ? 7 : 6), scope, place,
                scope.get("kist:pop_host"));
        }
    }

    void add(const std::string& text, const Scope& scope, const Place& place, const std::string& found_at) {
        if (!mailproto::is_mail_url(text)) return;
        const auto at = found_at.empty() ? fmt::format("{}", place.text()) : found_at;
        MuttAccount account;
        try {
            account.url = mailproto::parse_mail_url(text);
        } catch (const Error& error) {
            return note_once(fmt::format("{}: {}", at, os::printable(error.message())));
        }
        const bool is_pop = account.url.protocol == mailproto::Protocol::pop3;
        if (account.url.protocol == mailproto::Protocol::smtp) return;
        auto settings = scope.copy();
        for (const auto& hook : account_hooks_)
            if (matches(hook.pattern, text)) read_statements(statements_of(hook), {hook.at, 0}, settings);
        account.url.folder.clear();
        for (const auto* name : is_pop ? kPopUsers : kImapUsers)
            if (account.url.user.empty()) account.url.user = settings.get(name);
        if (account.url.user.empty())
            return note_once(fmt::format("{}: {} has no user ({} is not set)", at, os::printable(account.url.host),
                                         is_pop ? "pop_user" : "imap_user"));
        if (std::ranges::any_of(reading_.accounts, [&](const auto& other) { return other.url == account.url; })) return;
        take_secret(is_pop, settings, account);
        take_certificates(settings, place, account);
        account.found_at = at;
        reading_.accounts.push_back(std::move(account));
    }

    // What it trusts beside the system's authorities, where that is there.
    void take_certificates(const Scope& settings, const Place& place, MuttAccount& account) {
        const auto text = settings.get("certificate_file");
        if (text.empty()) return;
        auto path = expanded(text, place);
        if (access(path.c_str(), R_OK) == 0) {
            account.ca_file = std::move(path);
            note_once(fmt::format("{}: only what is in {} will be trusted for {}", place.text(),
                                  os::printable(account.ca_file), os::printable(account.url.host)));
        } else {
            note_once(fmt::format("{}: {} is not there, so the system's authorities are trusted", place.text(),
                                  os::printable(path)));
        }
    }

    static void take_secret(bool is_pop, Scope& settings, MuttAccount& account) {
        const auto* pass = is_pop ? "pop_pass" : "imap_pass";
        if (const auto found = settings.secrets.find(pass); found != settings.secrets.end())
            account.password = std::move(found->second);
        else if (const auto command = settings.commands.find(pass); command != settings.commands.end())
            account.password_command = command->second;
        else
            account.token_command = settings.get(is_pop ? "pop_oauth_refresh_command" : "imap_oauth_refresh_command");
    }

    void note_once(const std::string& text) {
        if (reading_.notes.size() < kMostNotes && std::ranges::find(reading_.notes, text) == reading_.notes.end())
            reading_.notes.push_back(text);
    }

    static constexpr const char* kImapUsers[] = {"imap_user", "imap_login"};
    static constexpr const char* kPopUsers[] = {"pop_user", "pop_user"};

    const std::string home_;
    unsigned depth_ = 0;
    unsigned files_ = 0;
    std::vector<Hook> account_hooks_;
    std::vector<Hook> folder_hooks_;
    MuttReading reading_;
};

}  // namespace

MuttReading read_muttrc(const std::string& path, const std::string& home) {
    return Reader(home).run(path);
}

}  // namespace kist::cli
