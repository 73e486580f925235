#pragma once
// A number of bytes, so that it is never mistaken for a number of blocks, files or seconds.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kist {

struct ByteCount {
    std::uint64_t value = 0;

    constexpr ByteCount& operator+=(ByteCount other) noexcept {
        value += other.value;
        return *this;
    }
    friend constexpr ByteCount operator+(ByteCount a, ByteCount b) noexcept { return {a.value + b.value}; }
    friend constexpr ByteCount operator-(ByteCount a, ByteCount b) noexcept { return {a.value - b.value}; }
    friend constexpr ByteCount operator*(std::uint64_t n, ByteCount b) noexcept { return {n * b.value}; }
    friend constexpr auto operator<=>(ByteCount, ByteCount) noexcept = default;
};

constexpr ByteCount kKiB{1024};
constexpr ByteCount kMiB{1024 * 1024};
constexpr ByteCount kGiB{1024 * 1024 * 1024};

// For people: "0 B", "1.5 KiB", "212 MiB". Three digits, powers of 1024.
std::string to_string(ByteCount count);

// What to_string prints and what people type: "4G", "4GiB", "512 MiB", "1.5T", "4096". Powers of 1024, except KB, MB,
// GB, TB (powers of 1000). nullopt for anything else, and for what does not fit in 64 bits.
std::optional<ByteCount> parse_byte_count(std::string_view text);

}  // namespace kist
