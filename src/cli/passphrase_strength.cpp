#include "cli/passphrase_strength.hpp"

#include <cctype>
#include <cstdlib>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr double kWeak = 30;  // 2^30 tries at a second each take one machine 34 years, and a rented hall of them a day
constexpr double kMixtureBonus = 6;
constexpr double kPredictable = 0.1;

double bits_at(std::size_t position) {
    if (position == 0) return 4;
    if (position < 8) return 2;
    return position < 20 ? 1.5 : 1;
}

bool continues(std::byte before, std::byte here) {
    return std::abs(std::to_integer<int>(here) - std::to_integer<int>(before)) <= 1;
}

}  // namespace

double estimated_bits(const Secret& passphrase) {
    const auto bytes = passphrase.expose();
    double bits = 0;
    bool capital = false;
    bool sign = false;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int c = std::to_integer<int>(bytes[i]);
        capital = capital || std::isupper(c) != 0;
        sign = sign || (std::isalpha(c) == 0 && c != ' ');
        bits += bits_at(i) * (i > 0 && continues(bytes[i - 1], bytes[i]) ? kPredictable : 1);
    }
    return bits + (capital && sign ? kMixtureBonus : 0);
}

std::string remark_on_strength(const Secret& passphrase) {
    const auto bits = estimated_bits(passphrase);
    if (passphrase.empty() || bits >= kWeak) return "";
    return fmt::format(
        "This passphrase is weak (about {:.0f} bits): who finds the disk may guess it. Five or more random words are "
        "strong.",
        bits);
}

}  // namespace kist::cli
