#pragma once
// Two texts, line by line, as diff(1) compares them.

#include <cstddef>
#include <string>
#include <string_view>

namespace kist::look {

// Larger ones are not compared line by line.
inline constexpr std::size_t kLargestText = 8U << 20U;

// Without a NUL.
bool is_text(std::string_view bytes);

// In the unified format, for patch(1); empty where they are equal. The labels stand in its head and may have no control
// characters. Errors: failed, where diff(1) is not there or fails.
struct Text {
    std::string label;
    std::string bytes;
};
std::string unified_difference(const Text& before, const Text& after);

}  // namespace kist::look
