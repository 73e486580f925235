#include "config/document.hpp"

#include "kist/os/directory.hpp"

#include "config/deep_keys.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <tuple>

namespace kist::config {

// Some malformed keys break what toml++ 3.3 asserts of itself. Its assertions stay on in every build, as exceptions.
struct BrokenParser {};

[[noreturn]] static void give_up() {
    throw BrokenParser();
}

}  // namespace kist::config

#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>((expression) ? 0 : (kist::config::give_up(), 0))
// For letters beyond ASCII in odd places it comes to what it holds for unreachable: they are no blanks.
#include <toml++/impl/forward_declarations.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()
#include <toml++/toml.h>

namespace kist::config {
namespace {

struct TooDeep {
    Position at;
};

Position position(const toml::source_region& region) {
    return {region.begin.line, region.begin.column};
}

Value convert(const toml::node& node, unsigned depth);

Table convert_table(const toml::table& table, unsigned depth) {
    Table members;
    for (const auto& [key, node] : table)
        members.push_back({std::string(key.str()), position(key.source()), convert(node, depth + 1)});
    std::ranges::stable_sort(members, {},
                             [](const Member& member) { return std::tuple(member.at.line, member.at.column); });
    return members;
}

Value convert(const toml::node& node, unsigned depth) {
    Value value{position(node.source()), {}};
    if (depth > kDeepest) throw TooDeep{value.at};
    if (const auto* text = node.as_string()) {
        value.data = text->get();
    } else if (const auto* number = node.as_integer()) {
        value.data = number->get();
    } else if (const auto* flag = node.as_boolean()) {
        value.data = flag->get();
    } else if (const auto* table = node.as_table()) {
        value.data = convert_table(*table, depth);
    } else if (const auto* array = node.as_array()) {
        Array elements;
        for (const auto& element : *array) elements.push_back(convert(element, depth + 1));
        value.data = std::move(elements);
    }
    return value;
}

// It escapes what it quotes itself, mostly.
std::string text_of(const toml::parse_error& error) {
    const auto text = error.description();
    const auto is_plain = [](char c) { return c >= ' ' && c < 0x7f; };
    return std::ranges::all_of(text, is_plain) ? std::string(text) : os::printable(text);
}

}  // namespace

Document parse(std::string_view content, const std::string& file) {
    assert(content.size() <= kLargestFile);
    if (const auto deep = find_deep_key(content, kDeepest)) {
        const auto before = content.substr(0, *deep);
        const auto line = static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1);
        const auto column = static_cast<std::uint32_t>(before.size() - (before.rfind('\n') + 1) + 1);
        return {{}, Problem{{file, line, column}, "this key has too many parts", ""}};
    }
    try {
        return {convert_table(toml::parse(content), 0), std::nullopt};
    } catch (const toml::parse_error& error) {
        const auto at = position(error.source());
        return {{}, Problem{{file, at.line, at.column}, text_of(error), "`man kist`, CONFIGURATION."}};
    } catch (const BrokenParser&) {
        return {{},
                Problem{{file, 0, 0}, "this is not TOML: a name or key is malformed", "`man kist`, CONFIGURATION."}};
    } catch (const TooDeep& deep) {
        return {{}, Problem{{file, deep.at.line, deep.at.column}, "tables and arrays are nested too deeply", ""}};
    }
}

}  // namespace kist::config
