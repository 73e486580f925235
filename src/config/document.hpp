#pragma once
// One TOML file as values that know where they stand. What no key of Kist's takes (dates, fractions) is there as a kind
// of its own.

#include "kist/config/reading.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kist::config {

constexpr std::size_t kLargestFile = 256 * 1024;
constexpr unsigned kDeepest = 16;  // tables and arrays within each other, and parts of a key

struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

struct Value;
struct Member;
using Array = std::vector<Value>;
using Table = std::vector<Member>;  // in the order of the file
struct OtherKind {};

struct Value {
    Position at;
    std::variant<OtherKind, bool, std::int64_t, std::string, Array, Table> data;
};

struct Member {
    std::string key;
    Position at;
    Value value;
};

struct Document {
    Table table;
    std::optional<Problem> problem;  // of the syntax: then the table is empty
};

// content: at most kLargestFile bytes. file: its name, for the problem's origin.
Document parse(std::string_view content, const std::string& file);

}  // namespace kist::config
