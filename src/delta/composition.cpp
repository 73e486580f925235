#include "kist/delta/composition.hpp"

#include "kist/base/error.hpp"

#include <algorithm>

namespace kist::delta {
namespace {

// The first copy that ends behind the offset.
auto first_behind(const Script& script, std::uint64_t target) {
    return std::ranges::upper_bound(script.copies, target, {}, &Copy::target_end);
}

void append_through(Script& result, const Copy& copy, const Script& b_from_c) {
    for (auto inner = first_behind(b_from_c, copy.source);
         inner != b_from_c.copies.end() && inner->target < copy.source_end(); ++inner) {
        const auto begin = std::max(inner->target, copy.source);
        const auto end = std::min(inner->target_end(), copy.source_end());
        append(result, {copy.target + (begin - copy.source), inner->source + (begin - inner->target), end - begin});
    }
}

// A literal of A is one of the first delta, or stands in B where it is one of the second.
class ComposedLiterals {
  public:
    ComposedLiterals(Delta a_from_b, Delta b_from_c) : outer_(std::move(a_from_b)), inner_(std::move(b_from_c)) {}

    void operator()(std::uint64_t target, std::span<std::byte> buffer) const {
        for (auto copy = first_behind(outer_.script, target); !buffer.empty(); ++copy) {
            const auto& copies = outer_.script.copies;
            const auto literal_end = copy == copies.end() ? target + buffer.size() : std::max(copy->target, target);
            read(outer_.literals, target, literal_end, target, buffer);
            if (buffer.empty()) return;
            read(inner_.literals, copy->source + (target - copy->target), copy->target_end(), target, buffer);
        }
    }

  private:
    // What belongs to [target, end), as far as the buffer goes.
    static void read(const RangeReader& from, std::uint64_t offset, std::uint64_t end, std::uint64_t& target,
                     std::span<std::byte>& buffer) {
        const auto piece = buffer.first(std::min<std::uint64_t>(buffer.size(), end - target));
        if (piece.empty()) return;
        from(offset, piece);
        target += piece.size();
        buffer = buffer.subspan(piece.size());
    }

    Delta outer_;
    Delta inner_;
};

}  // namespace

std::optional<Script> compose(const Script& a_from_b, const Script& b_from_c, const CompositionLimits& limits) {
    if (a_from_b.basis_size != b_from_c.target_size)
        throw Error(ErrorCode::damaged, "two deltas do not fit together: one makes what the other does not start from");
    Script result{b_from_c.basis_size, a_from_b.target_size, {}};
    for (const auto& copy : a_from_b.copies) {
        append_through(result, copy, b_from_c);
        if (result.copies.size() > limits.copies) return std::nullopt;
    }
    if (literal_bytes(result) > limits.literal_bytes) return std::nullopt;
    return result;
}

std::optional<Delta> compose(Delta a_from_b, Delta b_from_c, const CompositionLimits& limits) {
    auto script = compose(a_from_b.script, b_from_c.script, limits);
    if (!script) return std::nullopt;
    return Delta{std::move(*script), ComposedLiterals(std::move(a_from_b), std::move(b_from_c))};
}

}  // namespace kist::delta
