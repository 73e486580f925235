#include "kist/luks/recovery_key.hpp"

#include "kist/base/error.hpp"

#include <cerrno>
#include <cstdint>
#include <string_view>

#include <sys/random.h>

namespace kist::luks {
namespace {

constexpr std::string_view kLetters = "cbdefghijklnrtuv";  // modhex: digit N is letter N
constexpr std::size_t kGroups = 8;
constexpr std::size_t kGroupSize = 8;
constexpr std::size_t kTextSize = kGroups * kGroupSize + kGroups - 1;
constexpr std::size_t kNoLetter = std::string_view::npos;

// Multiplication by x in GF(16) modulo x^4 + x + 1, where x generates all 15 elements.
std::uint8_t times_x(std::uint8_t value) {
    const auto doubled = static_cast<std::uint8_t>(value << 1U);
    return (doubled & 0x10U) != 0 ? doubled ^ 0x13U : doubled;
}

// The sum of digit i times x^(7-i), which the check digit brings to the group's own place. Every digit has another
// non-zero weight, so one wrong digit or two that changed places change it.
std::uint8_t weighted_sum(std::span<const std::byte> group) {
    std::uint8_t sum = 0;
    for (const auto letter : group) {
        const auto digit = kLetters.find(static_cast<char>(letter));
        sum = static_cast<std::uint8_t>(times_x(sum) ^ static_cast<std::uint8_t>(digit));
    }
    return sum;
}

std::size_t group_begin(std::size_t group) {
    return group * (kGroupSize + 1);
}

std::size_t digit_of(char typed) {
    if (typed >= 'A' && typed <= 'Z') typed = static_cast<char>(typed - 'A' + 'a');
    if (typed == '1' || typed == '|') typed = 'l';
    if (typed == '9' || typed == 'q') typed = 'g';
    return kLetters.find(typed);
}

bool separates(char typed) {
    return typed == '-' || typed == ' ' || typed == '\t' || typed == '\r' || typed == '\n';
}

}  // namespace

Secret random_recovery_key() {
    Secret random(kGroups * kGroupSize);
    if (getrandom(random.expose().data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
        throw Error::from_errno(errno, "cannot get random bytes");
    Secret key(kTextSize);
    const auto text = key.expose();
    for (std::size_t group = 0; group < kGroups; ++group) {
        const auto letters = text.subspan(group_begin(group), kGroupSize);
        for (std::size_t i = 0; i < kGroupSize; ++i) {
            const auto digit = static_cast<std::size_t>(random.expose()[group * kGroupSize + i]) % kLetters.size();
            letters[i] = static_cast<std::byte>(kLetters[digit]);
        }
        letters.back() = static_cast<std::byte>(kLetters[0]);  // digit 0
        letters.back() = static_cast<std::byte>(kLetters[weighted_sum(letters) ^ group]);
        if (group + 1 < kGroups) text[group_begin(group + 1) - 1] = std::byte{'-'};
    }
    return key;
}

std::optional<Secret> normalize_recovery_key(const Secret& typed) {
    Secret key(kTextSize);
    std::size_t digits = 0;
    for (const auto byte : typed.expose()) {
        const char c = static_cast<char>(byte);
        if (separates(c)) continue;
        const auto digit = digit_of(c);
        if (digit == kNoLetter || digits == kGroups * kGroupSize) return std::nullopt;
        key.expose()[group_begin(digits / kGroupSize) + digits % kGroupSize] = static_cast<std::byte>(kLetters[digit]);
        ++digits;
    }
    if (digits != kGroups * kGroupSize) return std::nullopt;
    for (std::size_t group = 1; group < kGroups; ++group) key.expose()[group_begin(group) - 1] = std::byte{'-'};
    return key;
}

std::vector<int> wrong_groups(const Secret& key) {
    std::vector<int> wrong;
    for (std::size_t group = 0; group < kGroups; ++group)
        if (weighted_sum(key.expose().subspan(group_begin(group), kGroupSize)) != group)
            wrong.push_back(static_cast<int>(group) + 1);
    return wrong;
}

}  // namespace kist::luks
