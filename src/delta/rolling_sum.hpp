#pragma once
// A checksum of a window that slides byte by byte (Adler's two sums, of 32 bits each). Only a hint where a block might
// stand: it is easily forged and its equality proves nothing.

#include <cstddef>
#include <cstdint>
#include <span>

namespace kist::delta {

class RollingSum {
  public:
    RollingSum() = default;
    explicit RollingSum(std::span<const std::byte> window);

    // The window moves on by one byte; its length stays.
    void roll(std::byte out, std::byte in, std::uint32_t length) {
        const auto leaving = std::to_integer<std::uint32_t>(out);
        sum_ += std::to_integer<std::uint32_t>(in) - leaving;
        weighted_ += sum_ - length * leaving;
    }
    // The sum of this window and, behind it, of another of this length.
    void append(const RollingSum& next, std::uint32_t length) {
        weighted_ += sum_ * length + next.weighted_;
        sum_ += next.sum_;
    }
    static RollingSum of_value(std::uint64_t value) {
        RollingSum result;
        result.sum_ = static_cast<std::uint32_t>(value);
        result.weighted_ = static_cast<std::uint32_t>(value >> 32U);
        return result;
    }
    std::uint64_t value() const { return std::uint64_t{weighted_} << 32U | sum_; }
    std::uint32_t sum() const { return sum_; }
    std::uint32_t weighted() const { return weighted_; }

  private:
    std::uint32_t sum_ = 0;       // of the bytes
    std::uint32_t weighted_ = 0;  // of the bytes, each times its distance from the window's end
};

}  // namespace kist::delta
