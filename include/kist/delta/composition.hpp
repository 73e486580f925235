#pragma once
// Two steps as one: from the delta that makes A out of B and the one that makes B out of C, the delta that makes A out
// of C. B is not needed. So a version in the middle of a chain can be forgotten, and a chain restored in one pass.

#include "kist/delta/delta.hpp"

#include <optional>

namespace kist::delta {

// Composing again and again splits copies, and what B had once may be literal in many places of A.
struct CompositionLimits {
    std::uint64_t literal_bytes = ~std::uint64_t{0};
    std::size_t copies = ~std::size_t{0};
};

// The copies alone. nullopt: beyond a limit. damaged where the two do not fit together.
std::optional<Script> compose(const Script& a_from_b, const Script& b_from_c, const CompositionLimits& limits = {});

// With the literals, which stay where they are in the two.
std::optional<Delta> compose(Delta a_from_b, Delta b_from_c, const CompositionLimits& limits = {});

}  // namespace kist::delta
