#pragma once
// The words of a server's line.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

std::vector<std::string> words_of(std::string_view line);                  // separated by spaces and tabs
std::string upper(std::string_view text);                                  // of ASCII letters
std::optional<std::uint64_t> number_in(std::string_view digits) noexcept;  // nothing but digits, within 64 bits

}  // namespace kist::mailproto
