#pragma once
// The name that Kist gives to its partition in a GPT: 36 characters there.

#include <algorithm>
#include <string>
#include <string_view>

namespace kist::volume {

constexpr std::string_view kPartitionPrefix = "Kist ";
constexpr std::size_t kLongestPartitionName = 36;

// A label that is not plain ASCII could be cut in the middle of a character: the prefix alone stands for it.
inline std::string partition_name(const std::string& label) {
    const bool is_ascii = std::ranges::all_of(label, [](char c) { return c >= ' ' && c <= '~'; });
    return std::string(kPartitionPrefix) + (is_ascii ? label.substr(0, kLongestPartitionName - 5) : "volume");
}

inline bool is_kist_partition(std::string_view name) {
    return name.starts_with(kPartitionPrefix);
}

}  // namespace kist::volume
