#include "kist/delta/trimming.hpp"

#include <algorithm>
#include <vector>

namespace kist::delta {
namespace {

// Most literals differ at once; where versions agree they may agree for long.
constexpr std::uint64_t kFirstPiece = 256;
constexpr std::uint64_t kLongestPiece = 64U << 10U;

class Comparison {
  public:
    Comparison(const RangeReader& target, const RangeReader& basis) : target_(target), basis_(basis) {}

    // How many bytes are the same from these offsets on, at most `limit`.
    std::uint64_t forward(std::uint64_t target, std::uint64_t basis, std::uint64_t limit) {
        std::uint64_t same = 0;
        for (auto piece = kFirstPiece; same < limit; piece = std::min(2 * piece, kLongestPiece)) {
            read(target + same, basis + same, std::min(piece, limit - same));
            const auto differ = std::ranges::mismatch(in_target_, in_basis_).in1;
            same += static_cast<std::uint64_t>(differ - in_target_.begin());
            if (differ != in_target_.end()) break;
        }
        return same;
    }

    // The same, before these offsets.
    std::uint64_t backward(std::uint64_t target, std::uint64_t basis, std::uint64_t limit) {
        std::uint64_t same = 0;
        for (auto piece = kFirstPiece; same < limit; piece = std::min(2 * piece, kLongestPiece)) {
            const auto length = std::min(piece, limit - same);
            read(target - same - length, basis - same - length, length);
            const auto differ = std::mismatch(in_target_.rbegin(), in_target_.rend(), in_basis_.rbegin()).first;
            same += static_cast<std::uint64_t>(differ - in_target_.rbegin());
            if (differ != in_target_.rend()) break;
        }
        return same;
    }

  private:
    void read(std::uint64_t target, std::uint64_t basis, std::uint64_t length) {
        in_target_.resize(length);
        in_basis_.resize(length);
        target_(target, in_target_);
        basis_(basis, in_basis_);
    }

    const RangeReader& target_;
    const RangeReader& basis_;
    std::vector<std::byte> in_target_;
    std::vector<std::byte> in_basis_;
};

}  // namespace

Script trim(const Script& script, const RangeReader& target, const RangeReader& basis) {
    Comparison comparison(target, basis);
    Script result{script.basis_size, script.target_size, {}};
    Copy last;  // nothing, at the beginning of both
    const auto go_on_with = [&](Copy next) {
        const auto gap = next.target - last.target_end();
        const auto grown = comparison.forward(last.target_end(), last.source_end(),
                                              std::min(gap, script.basis_size - last.source_end()));
        last.length += grown;
        append(result, last);
        const auto before = comparison.backward(next.target, next.source, std::min(gap - grown, next.source));
        last = {next.target - before, next.source - before, next.length + before};
    };
    for (const auto& copy : script.copies) go_on_with(copy);
    go_on_with({script.target_size, script.basis_size, 0});
    append(result, last);
    return result;
}

}  // namespace kist::delta
