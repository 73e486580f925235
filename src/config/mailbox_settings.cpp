#include "config/mailbox_settings.hpp"

#include <fmt/format.h>

namespace kist::config {
namespace {

constexpr std::int64_t kMostConnections = 4;

std::vector<std::string> plain(std::vector<Text> texts) {
    std::vector<std::string> all;
    for (auto& text : texts) all.push_back(std::move(text.text));
    return all;
}

}  // namespace

std::optional<MailServer> read_mail_server(const char* key, TableReader& reader, const PathBase& base) {
    const auto url = reader.text(key);
    if (!url) return std::nullopt;
    MailServer server{.url = url->text};
    const auto path = [&](const char* name) {
        const auto text = reader.text(name);
        return text ? resolve_path(*text, base, reader).value_or("") : std::string();
    };
    const auto words = [&](const char* name) { return reader.words(name).value_or(std::vector<std::string>()); };
    server.password_file = path("password-file");
    server.password_command = words("password-command");
    const auto text = [&](const char* name) {
        const auto found = reader.text(name);
        return found ? found->text : std::string();
    };
    server.password_keyring = text("password-keyring");
    server.password_credential = text("password-credential");
    server.token_file = path("token-file");
    server.token_command = words("token-command");
    server.ca_file = path("ca-file");
    server.fingerprint = text("fingerprint");
    server.is_insecure = reader.flag("insecure").value_or(false);
    const int given = !server.password_file.empty() + !server.password_command.empty() +
                      !server.password_keyring.empty() + !server.password_credential.empty() +
                      !server.token_file.empty() + !server.token_command.empty();
    if (given > 1)
        reader.complain(url->origin,
                        "give one of password-file, password-command, password-keyring, password-credential, "
                        "token-file, token-command");
    return server;
}

std::optional<Mailbox> read_mailbox(TableReader& reader, const PathBase& base) {
    auto server = read_mail_server("url", reader, base);
    if (!server) return std::nullopt;
    Mailbox mailbox;
    static_cast<MailServer&>(mailbox) = std::move(*server);
    mailbox.folders = plain(reader.texts("folders"));
    mailbox.exclude_folders = plain(reader.texts("exclude-folders"));
    mailbox.daily_limit = reader.size("daily-limit");
    if (const auto connections = reader.number("connections")) {
        if (*connections > kMostConnections)
            reader.complain(reader.origin_of("connections"), fmt::format("connections is 1 to {}", kMostConnections),
                            "More make servers refuse all of them.");
        else
            mailbox.connections = static_cast<unsigned>(*connections);
    }
    return mailbox;
}

void require_mailbox_settings(TableReader& reader, const Settings& own, const Origin& origin) {
    const bool has_others = !own.rules.empty() || own.default_excludes || own.one_filesystem || own.exclude_caches ||
                            own.exclude_nodump || !own.exclude_if_present.empty() || own.smallest || own.largest ||
                            own.snapshot || own.sqlite_online;
    if (has_others)
        reader.complain(origin, "rules and limits for files do not fit a mailbox",
                        "Which folders are backed up is said by folders and exclude-folders.");
}

void drop_file_settings(Source& source) {
    source.rules.clear();
    source.exclude_if_present.clear();
    source.one_filesystem = source.exclude_caches = source.exclude_nodump = source.sqlite_online = false;
    source.default_excludes = true;
    source.smallest.reset();
    source.largest.reset();
    source.snapshot = SourceSnapshot::never;
}

}  // namespace kist::config
