#pragma once
// Little-endian numbers in byte buffers, and reading them back within bounds.

#include "kist/base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

template <typename Number>
void put(std::vector<std::byte>& out, Number number) {
    const auto value = static_cast<std::uint64_t>(number);
    for (std::size_t i = 0; i < sizeof(Number); ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

inline void put_bytes(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// A length (u32) and the bytes.
inline void put_sized(std::vector<std::byte>& out, std::string_view bytes) {
    put(out, static_cast<std::uint32_t>(bytes.size()));
    put_bytes(out, std::as_bytes(std::span(bytes.data(), bytes.size())));
}

// Takes from the front. Throws damaged where there is less than asked for.
class Reader {
  public:
    Reader(std::span<const std::byte> bytes, std::string_view what) : bytes_(bytes), what_(what) {}

    template <typename Number>
    Number take() {
        std::uint64_t value = 0;
        const auto bytes = take_bytes(sizeof(Number));
        for (std::size_t i = 0; i < sizeof(Number); ++i)
            value |= static_cast<std::uint64_t>(std::to_integer<std::uint8_t>(bytes[i])) << (8 * i);
        return static_cast<Number>(value);
    }

    std::span<const std::byte> take_bytes(std::size_t count) {
        if (count > bytes_.size()) throw Error(ErrorCode::damaged, what_ + " ends too early");
        const auto taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }

    std::string take_sized() {
        const auto bytes = take_bytes(take<std::uint32_t>());
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    bool empty() const { return bytes_.empty(); }

  private:
    std::span<const std::byte> bytes_;
    std::string what_;
};

}  // namespace kist::repository
