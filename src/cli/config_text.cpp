#include "cli/config_text.hpp"

#include "kist/os/directory.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

using config::Retention;
using config::RuleKind;

struct Count {
    const char* key;
    std::int64_t Retention::*count;
};

constexpr Count kCounts[] = {
    {"keep-last", &Retention::last},     {"keep-hourly", &Retention::hourly},   {"keep-daily", &Retention::daily},
    {"keep-weekly", &Retention::weekly}, {"keep-monthly", &Retention::monthly}, {"keep-yearly", &Retention::yearly},
};

struct Kind {
    RuleKind kind;
    const char* key;
};

constexpr Kind kKinds[] = {
    {RuleKind::filter, "filter"},   {RuleKind::include, "include"},           {RuleKind::include_from, "include-from"},
    {RuleKind::exclude, "exclude"}, {RuleKind::exclude_from, "exclude-from"},
};

const char* snapshot_text(config::SourceSnapshot snapshot) {
    switch (snapshot) {
        case config::SourceSnapshot::where_possible:
            return "auto";
        case config::SourceSnapshot::btrfs:
            return "btrfs";
        case config::SourceSnapshot::lvm:
            return "lvm";
        case config::SourceSnapshot::never:
            break;
    }
    return "never";
}

std::string toml_array(const std::vector<std::string>& values) {
    std::string list;
    for (const auto& value : values) list += (list.empty() ? "" : ", ") + toml_string(value);
    return "[" + list + "]";
}

// The lines of one table.
class Lines {
  public:
    void line(const char* key, const std::string& value) { text_ += fmt::format("{} = {}\n", key, value); }
    void text(const char* key, const std::string& value) {
        if (!value.empty()) line(key, toml_string(value));
    }
    void texts(const char* key, const std::vector<std::string>& values) {
        if (!values.empty()) line(key, toml_array(values));
    }
    void flag(const char* key, bool value, bool usual) {
        if (value != usual) line(key, value ? "true" : "false");
    }
    void size(const char* key, const std::optional<ByteCount>& value) {
        if (value) line(key, std::to_string(value->value));
    }
    void commands(const char* key, const std::vector<config::Command>& commands) {
        std::string list;
        for (const auto& command : commands) list += (list.empty() ? "" : ", ") + toml_array(command.words);
        if (!commands.empty()) line(key, "[" + list + "]");
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

std::vector<std::string> texts_of(const config::Source& source, RuleKind kind) {
    std::vector<std::string> texts;
    for (const auto& rule : source.rules)
        if (rule.kind == kind) texts.push_back(rule.text);
    return texts;
}

void add(Lines& lines, const Retention& retention) {
    for (const auto& [key, count] : kCounts)
        if (retention.*count > 0) lines.line(key, std::to_string(retention.*count));
    lines.text("keep-within", retention.within);
    lines.texts("keep-tag", retention.tags);
}

std::string toml_of(const config::Volume& volume) {
    Lines lines;
    lines.text("uuid", volume.uuid);
    lines.text("label", volume.label);
    lines.text("path", volume.path);
    lines.text("key-file", volume.key_file);
    lines.texts("passphrase-command", volume.passphrase_command);
    return fmt::format("\n[volume.{}]  # {}\n{}", toml_string(volume.name), os::printable(to_text(volume.origin)),
                       lines.take());
}

void add(Lines& lines, const char* key, const config::MailServer& server) {
    lines.text(key, server.url);
    lines.text("password-file", server.password_file);
    lines.texts("password-command", server.password_command);
    lines.text("password-keyring", server.password_keyring);
    lines.text("password-credential", server.password_credential);
    lines.text("token-file", server.token_file);
    lines.texts("token-command", server.token_command);
    lines.text("ca-file", server.ca_file);
    lines.text("fingerprint", server.fingerprint);
    lines.flag("insecure", server.is_insecure, false);
}

void add(Lines& lines, const config::Mailbox& mailbox) {
    add(lines, "url", mailbox);
    lines.texts("folders", mailbox.folders);
    lines.texts("exclude-folders", mailbox.exclude_folders);
    if (mailbox.connections) lines.line("connections", std::to_string(*mailbox.connections));
    lines.size("daily-limit", mailbox.daily_limit);
}

Json paths_json(const std::vector<std::string>& paths) {
    auto list = Json::array();
    for (const auto& path : paths) {
        Json one;
        put_path(one, "path", path);
        list.push_back(std::move(one));
    }
    return list;
}

Json rules_json(const config::Source& source) {
    auto list = Json::array();
    for (const auto& rule : source.rules)
        for (const auto& [kind, key] : kKinds)
            if (kind == rule.kind)
                list.push_back({{"kind", key}, {"rule", os::printable(rule.text)}, {"origin", to_text(rule.origin)}});
    return list;
}

Json json_of(const config::MailServer& server) {
    Json object{{"url", server.url}, {"insecure", server.is_insecure}};
    for (const auto& [key, value] :
         {std::pair("password_file", server.password_file), std::pair("password_keyring", server.password_keyring),
          std::pair("password_credential", server.password_credential), std::pair("token_file", server.token_file),
          std::pair("ca_file", server.ca_file), std::pair("fingerprint", server.fingerprint)})
        if (!value.empty()) object[key] = value;
    if (!server.password_command.empty()) object["password_command"] = server.password_command;
    if (!server.token_command.empty()) object["token_command"] = server.token_command;
    return object;
}

Json json_of(const config::Mailbox& mailbox) {
    auto object = json_of(static_cast<const config::MailServer&>(mailbox));
    object["folders"] = mailbox.folders;
    object["exclude_folders"] = mailbox.exclude_folders;
    if (mailbox.connections) object["connections"] = *mailbox.connections;
    if (mailbox.daily_limit) object["daily_limit"] = mailbox.daily_limit->value;
    return object;
}

Json json_of(const Retention& retention) {
    Json object = Json::object();
    for (const auto& [key, count] : kCounts)
        if (retention.*count > 0) object[key] = retention.*count;
    if (!retention.within.empty()) object["keep-within"] = retention.within;
    if (!retention.tags.empty()) object["keep-tag"] = retention.tags;
    return object;
}

Json json_of(const config::Hooks& hooks) {
    const auto list = [](const std::vector<config::Command>& commands) {
        auto all = Json::array();
        for (const auto& command : commands) all.push_back(command.words);
        return all;
    };
    return {{"before", list(hooks.before)},
            {"after", list(hooks.after)},
            {"on_failure", list(hooks.on_failure)},
            {"timeout", hooks.time.count()}};
}

std::vector<std::string> occasions_of(const config::Notify& notify) {
    std::vector<std::string> words;
    if (notify.on_failure) words.emplace_back("failure");
    if (notify.on_skipped) words.emplace_back("skipped");
    if (notify.on_success) words.emplace_back("success");
    return words;
}

std::string toml_of(const config::Notify& notify) {
    Lines lines;
    add(lines, "server", notify.server);
    lines.texts("to", notify.to);
    lines.text("from", notify.from);
    lines.texts("on", occasions_of(notify));
    lines.line("overdue-days", std::to_string(notify.overdue.count()));
    return fmt::format("\n[notify]  # {}\n{}", os::printable(to_text(notify.origin)), lines.take());
}

}  // namespace

std::string toml_string(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            quoted.append(1, '\\').append(1, c);
        else if (byte < 0x20 || byte == 0x7f)
            quoted += fmt::format("\\u{:04X}", byte);
        else
            quoted += c;
    }
    return quoted + "\"";
}

std::string toml_of(const config::Source& source) {
    Lines lines;
    lines.texts("paths", source.paths);
    if (source.mailbox) add(lines, *source.mailbox);
    lines.text("volume", source.volume);
    for (const auto& [kind, key] : kKinds) lines.texts(key, texts_of(source, kind));
    lines.flag("default-excludes", source.default_excludes, true);
    lines.flag("one-file-system", source.one_filesystem, false);
    lines.flag("exclude-caches", source.exclude_caches, false);
    lines.flag("exclude-nodump", source.exclude_nodump, false);
    lines.texts("exclude-if-present", source.exclude_if_present);
    lines.size("min-size", source.smallest);
    lines.size("max-size", source.largest);
    lines.texts("tags", source.tags);
    if (source.retention) add(lines, *source.retention);
    if (source.snapshot != config::SourceSnapshot::never) lines.text("snapshot", snapshot_text(source.snapshot));
    lines.flag("sqlite", source.sqlite_online, false);
    lines.commands("before", source.hooks.before);
    lines.commands("after", source.hooks.after);
    lines.commands("on-failure", source.hooks.on_failure);
    if (!source.hooks.is_empty()) lines.line("hook-timeout", fmt::format("\"{}s\"", source.hooks.time.count()));
    const auto origin = source.origin.file.empty() ? "" : fmt::format("  # {}", os::printable(to_text(source.origin)));
    return fmt::format("\n[source.{}]{}\n{}", toml_string(source.name), origin, lines.take());
}

std::string toml_of(const config::Configuration& configuration) {
    std::string text;
    if (configuration.volumes.size() > 1 && !configuration.default_volume.empty())
        text += fmt::format("[defaults]\nvolume = {}\n", toml_string(configuration.default_volume));
    for (const auto& volume : configuration.volumes) text += toml_of(volume);
    for (const auto& source : configuration.sources) text += toml_of(source);
    if (configuration.notify) text += toml_of(*configuration.notify);
    return text;
}

Json json_of(const config::Volume& volume) {
    Json line{{"type", "volume"}, {"name", volume.name}};
    for (const auto& [key, value] : {std::pair("uuid", volume.uuid), std::pair("label", volume.label),
                                     std::pair("path", volume.path), std::pair("key_file", volume.key_file)})
        if (!value.empty()) line[key] = value;
    if (!volume.passphrase_command.empty()) line["passphrase_command"] = volume.passphrase_command;
    line["origin"] = to_text(volume.origin);
    return line;
}

Json json_of(const config::Notify& notify) {
    Json line{{"type", "notify"}, {"server", json_of(notify.server)}, {"to", notify.to}};
    line["from"] = notify.from;
    line["on"] = occasions_of(notify);
    line["overdue_days"] = notify.overdue.count();
    line["origin"] = to_text(notify.origin);
    return line;
}

Json json_of(const config::Source& source) {
    Json line{{"type", "source"}, {"name", source.name}};
    line["paths"] = paths_json(source.paths);
    if (source.mailbox) line["mailbox"] = json_of(*source.mailbox);
    line["volume"] = source.volume;
    line["rules"] = rules_json(source);
    line["default_excludes"] = source.default_excludes;
    line["one_file_system"] = source.one_filesystem;
    line["exclude_caches"] = source.exclude_caches;
    line["exclude_nodump"] = source.exclude_nodump;
    line["exclude_if_present"] = source.exclude_if_present;
    if (source.smallest) line["min_size"] = source.smallest->value;
    if (source.largest) line["max_size"] = source.largest->value;
    line["tags"] = source.tags;
    if (source.retention) line["retention"] = json_of(*source.retention);
    line["snapshot"] = snapshot_text(source.snapshot);
    line["sqlite"] = source.sqlite_online;
    if (!source.hooks.is_empty()) line["hooks"] = json_of(source.hooks);
    line["origin"] = to_text(source.origin);
    return line;
}

}  // namespace kist::cli
