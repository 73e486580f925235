#include "kist/selection/rule.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kist::selection {
namespace {

constexpr std::string_view kAllOfIt = "/***";

Error wrong(const std::string& origin, std::string_view text, const std::string& reason) {
    return {ErrorCode::usage, fmt::format("{}: {} {}", os::printable(origin), os::printable(text), reason),
            "`man kist`, FILTER RULES, tells what rules look like."};
}

// rsync takes a backslash as it is where nothing in the whole pattern, `shown`, has another meaning.
std::string with_plain_backslashes(std::string_view part, std::string_view shown) {
    const bool is_plain = shown.find_first_of("*?[") == std::string_view::npos;
    std::string text;
    for (const char byte : part) {
        if (is_plain && byte == '\\') text += '\\';
        text += byte;
    }
    return text;
}

PathPattern parse_pattern(std::string_view part, std::string_view shown, const std::string& origin) {
    auto parsed = PathPattern::parse(with_plain_backslashes(part, shown));
    if (!parsed) throw wrong(origin, shown, "is no pattern: it is empty, or a [class] or a backslash has no end");
    return std::move(*parsed);
}

enum class Kind : std::uint8_t { include, exclude, merge, dir_merge, clear, receiver };

struct Word {
    std::string_view name;
    char sign;
    Kind kind;
};

constexpr std::array kWords{
    Word{"exclude", '-', Kind::exclude}, Word{"include", '+', Kind::include},  Word{"hide", 'H', Kind::exclude},
    Word{"show", 'S', Kind::include},    Word{"merge", '.', Kind::merge},      Word{"dir-merge", ':', Kind::dir_merge},
    Word{"clear", '!', Kind::clear},     Word{"protect", 'P', Kind::receiver}, Word{"risk", 'R', Kind::receiver},
};

struct Split {
    Kind kind;
    std::string_view modifiers;
    std::string_view argument;
};

// "-! a", "exclude,! a", "exclude a".
Split split(std::string_view line, const std::string& origin) {
    for (const auto& word : kWords) {
        const bool is_long = line.starts_with(word.name);
        if (!is_long && !line.starts_with(word.sign)) continue;
        auto rest = line.substr(is_long ? word.name.size() : 1);
        if (is_long && !rest.empty() && rest.front() != ' ' && rest.front() != '_' && rest.front() != ',') continue;
        if (rest.starts_with(',')) rest.remove_prefix(1);
        const auto blank = std::min(rest.find_first_of(" _"), rest.size());
        return {word.kind, rest.substr(0, blank), rest.substr(std::min(blank + 1, rest.size()))};
    }
    throw wrong(origin, line, "is no rule: it begins with none of + - . : ! and no name of a rule");
}

void expect_modifiers(const Split& parts, std::string_view allowed, std::string_view line, const std::string& origin) {
    for (const char modifier : parts.modifiers)
        if (allowed.find(modifier) == std::string_view::npos)
            throw wrong(origin, line,
                        fmt::format("has the modifier {}, which means nothing here",
                                    os::printable(std::string_view(&modifier, 1))));
}

std::optional<Verdict> only_of(const Split& parts) {
    if (parts.modifiers.find('-') != std::string_view::npos) return Verdict::exclude;
    if (parts.modifiers.find('+') != std::string_view::npos) return Verdict::include;
    return std::nullopt;
}

}  // namespace

std::string Rule::text() const {
    return fmt::format("{}{} {}", verdict == Verdict::exclude ? '-' : '+', is_negated ? "!" : "", pattern);
}

Rule make_rule(Verdict verdict, std::string_view pattern, std::string origin) {
    Rule rule{verdict, false, std::string(pattern), std::move(origin), {}};
    const auto body = pattern.substr(0, pattern.size() - (pattern.ends_with('/') ? 1 : 0));
    if (body.size() > kAllOfIt.size() && body.ends_with(kAllOfIt)) {
        const std::string folder(body.substr(0, body.size() - kAllOfIt.size() + 1));  // with its slash
        rule.alternatives.push_back(parse_pattern(folder, pattern, rule.origin));
        rule.alternatives.push_back(
            parse_pattern(folder + "**" + std::string(pattern.substr(body.size())), pattern, rule.origin));
    } else {
        rule.alternatives.push_back(parse_pattern(pattern, pattern, rule.origin));
    }
    return rule;
}

FilterLine parse_filter(std::string_view line, const std::string& origin) {
    const auto parts = split(line, origin);
    FilterLine result;
    if (parts.kind == Kind::receiver)
        throw wrong(origin, line, "is about what stays in a target, and means nothing for a backup");
    if (parts.kind == Kind::clear) {
        expect_modifiers(parts, "", line, origin);
        result.is_clear = true;
        return result;
    }
    if (parts.argument.empty()) throw wrong(origin, line, "lacks what it is about");
    if (parts.kind == Kind::include || parts.kind == Kind::exclude) {
        expect_modifiers(parts, "!", line, origin);
        result.rule =
            make_rule(parts.kind == Kind::include ? Verdict::include : Verdict::exclude, parts.argument, origin);
        result.rule->is_negated = !parts.modifiers.empty();
    } else if (parts.kind == Kind::merge) {
        expect_modifiers(parts, "+-", line, origin);
        result.merged = parts.argument;
        result.merged_only = only_of(parts);
    } else {
        expect_modifiers(parts, "+-ne", line, origin);
        if (parts.argument.find('/') != std::string_view::npos)
            throw wrong(origin, line, "names a path; the rules of folders are in a file of one name in each of them");
        const auto has = [&](char modifier) { return parts.modifiers.find(modifier) != std::string_view::npos; };
        result.in_folders = FolderRules{std::string(parts.argument), only_of(parts), false, !has('n'), has('e')};
    }
    return result;
}

}  // namespace kist::selection
