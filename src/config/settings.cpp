#include "config/settings.hpp"

#include "kist/os/directory.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::config {
namespace {

struct RuleKey {
    const char* key;
    RuleKind kind;
};

// In the order in which they count: exceptions come before what they are excepted from.
constexpr RuleKey kRuleKeys[] = {
    {"filter", RuleKind::filter},   {"include", RuleKind::include},           {"include-from", RuleKind::include_from},
    {"exclude", RuleKind::exclude}, {"exclude-from", RuleKind::exclude_from},
};

std::vector<Rule> read_rules(TableReader& reader, const PathBase& base) {
    std::vector<Rule> rules;
    for (const auto& [key, kind] : kRuleKeys)
        for (auto& text : reader.texts(key)) {
            if (kind == RuleKind::include_from || kind == RuleKind::exclude_from) {
                const auto path = resolve_path(text, base, reader);
                if (!path) continue;
                text.text = *path;
            }
            rules.push_back({kind, std::move(text.text), std::move(text.origin)});
        }
    return rules;
}

struct CountKey {
    const char* key;
    std::int64_t Retention::*count;
};

constexpr CountKey kCountKeys[] = {
    {"keep-last", &Retention::last},     {"keep-hourly", &Retention::hourly},   {"keep-daily", &Retention::daily},
    {"keep-weekly", &Retention::weekly}, {"keep-monthly", &Retention::monthly}, {"keep-yearly", &Retention::yearly},
};

std::optional<Retention> read_retention(TableReader& reader) {
    std::optional<Retention> retention;
    const auto note = [&](const std::string& key) -> Retention& {
        if (!retention) {
            retention.emplace();
            retention->origin = reader.origin_of(key);
        }
        return *retention;
    };
    for (const auto& [key, count] : kCountKeys)
        if (const auto number = reader.number(key)) note(key).*count = *number;
    if (auto within = reader.text("keep-within")) {
        note("keep-within").within = std::move(within->text);
        retention->origin = within->origin;
    }
    for (auto& tag : reader.texts("keep-tag")) note("keep-tag").tags.push_back(std::move(tag.text));
    return retention;
}

std::optional<SourceSnapshot> read_snapshot(TableReader& reader) {
    const auto text = reader.text("snapshot");
    if (!text) return std::nullopt;
    if (text->text == "auto") return SourceSnapshot::where_possible;
    if (text->text == "btrfs") return SourceSnapshot::btrfs;
    if (text->text == "lvm") return SourceSnapshot::lvm;
    if (text->text == "never") return SourceSnapshot::never;
    reader.complain(text->origin, fmt::format("snapshot cannot be {}", os::printable(text->text)),
                    "It is \"auto\", \"btrfs\", \"lvm\" or \"never\".");
    return std::nullopt;
}

std::string normal(const std::string& path) {
    std::string result;
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto name = path.substr(at, end - at);
        at = end + 1;
        if (!name.empty() && name != ".") result += "/" + name;
    }
    return result.empty() ? "/" : result;
}

}  // namespace

std::optional<std::string> resolve_path(const Text& path, const PathBase& base, TableReader& reader) {
    const auto& text = path.text;
    const bool is_at_home = text == "~" || text.starts_with("~/");
    std::string reason;
    if (text.empty())
        reason = "an empty path";
    else if (("/" + text + "/").find("/../") != std::string::npos)
        reason = ".. in a path: where it leads depends on links";
    else if (text.starts_with('~') && !is_at_home)
        reason = "~ is for the own home folder only";
    else if (is_at_home && !base.home.starts_with('/'))
        reason = "there is no home folder that ~ could mean";
    if (!reason.empty()) {
        reader.complain(path.origin, fmt::format("{}: {}", os::printable(text), reason));
        return std::nullopt;
    }
    if (is_at_home) return normal(base.home + text.substr(1));
    return normal(text.starts_with('/') ? text : base.folder + "/" + text);
}

Settings read_settings(TableReader& reader, const PathBase& base) {
    Settings settings;
    settings.volume = reader.text("volume");
    settings.rules = read_rules(reader, base);
    settings.default_excludes = reader.flag("default-excludes");
    settings.one_filesystem = reader.flag("one-file-system");
    settings.exclude_caches = reader.flag("exclude-caches");
    settings.exclude_nodump = reader.flag("exclude-nodump");
    for (auto& name : reader.texts("exclude-if-present")) settings.exclude_if_present.push_back(std::move(name.text));
    settings.smallest = reader.size("min-size");
    settings.largest = reader.size("max-size");
    for (auto& tag : reader.texts("tags")) settings.tags.push_back(std::move(tag.text));
    settings.retention = read_retention(reader);
    settings.before = reader.commands("before");
    settings.after = reader.commands("after");
    settings.on_failure = reader.commands("on-failure");
    settings.hook_time = reader.span("hook-timeout");
    settings.snapshot = read_snapshot(reader);
    settings.sqlite_online = reader.flag("sqlite");
    return settings;
}

void apply(const Settings& own, const Settings& defaults, Source& source) {
    const auto first = [](const auto& a, const auto& b) { return a ? a : b; };
    const auto joined = [](auto a, const auto& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    if (const auto volume = first(own.volume, defaults.volume)) source.volume = volume->text;
    source.rules = joined(own.rules, defaults.rules);
    source.default_excludes = first(own.default_excludes, defaults.default_excludes).value_or(true);
    source.one_filesystem = first(own.one_filesystem, defaults.one_filesystem).value_or(false);
    source.exclude_caches = first(own.exclude_caches, defaults.exclude_caches).value_or(false);
    source.exclude_nodump = first(own.exclude_nodump, defaults.exclude_nodump).value_or(false);
    source.exclude_if_present = joined(own.exclude_if_present, defaults.exclude_if_present);
    source.smallest = first(own.smallest, defaults.smallest);
    source.largest = first(own.largest, defaults.largest);
    source.tags = joined(own.tags, defaults.tags);
    source.retention = first(own.retention, defaults.retention);
    source.hooks.before = first(own.before, defaults.before).value_or(std::vector<Command>());
    source.hooks.after = first(own.after, defaults.after).value_or(std::vector<Command>());
    source.hooks.on_failure = first(own.on_failure, defaults.on_failure).value_or(std::vector<Command>());
    source.snapshot = first(own.snapshot, defaults.snapshot).value_or(SourceSnapshot::never);
    source.sqlite_online = first(own.sqlite_online, defaults.sqlite_online).value_or(false);
    source.hooks.time = first(own.hook_time, defaults.hook_time).value_or(source.hooks.time);
}

}  // namespace kist::config
