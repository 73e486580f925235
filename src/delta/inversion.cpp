#include "kist/delta/inversion.hpp"

#include <algorithm>
#include <tuple>

namespace kist::delta {
namespace {

// By place in the older version; of those that begin together what stays in place goes first, then the longest.
bool goes_before(const Copy& a, const Copy& b) {
    return std::make_tuple(a.source, !a.in_place(), b.length) < std::make_tuple(b.source, !b.in_place(), a.length);
}

}  // namespace

Script invert(const Script& script) {
    auto copies = script.copies;
    std::sort(copies.begin(), copies.end(), goes_before);
    Script reverse{script.target_size, script.basis_size, {}};
    std::uint64_t covered = 0;
    for (const auto& copy : copies) {
        const auto begin = std::max(copy.source, covered);
        if (begin >= copy.source_end()) continue;
        append(reverse, {begin, copy.target + (begin - copy.source), copy.source_end() - begin});
        covered = copy.source_end();
    }
    return reverse;
}

}  // namespace kist::delta
