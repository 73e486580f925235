#include "kist/base/nearest_name.hpp"

#include <algorithm>

namespace kist {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

namespace {

// The dashes of options are no likeness.
std::string_view without_dashes(std::string_view name) {
    name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
    return name;
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view typed_name, const std::vector<std::string>& candidates) {
    const auto typed = without_dashes(typed_name);
    constexpr std::size_t kLongestName = 64;  // nobody's typing error; keeps the table small
    if (typed.empty() || typed.size() > kLongestName) return std::nullopt;
    std::optional<std::string> best;
    std::size_t best_distance = 0;
    for (const auto& candidate : candidates) {
        const auto name = without_dashes(candidate);
        const auto distance = name.starts_with(typed) ? 1 : edit_distance(typed, name);
        if (best && distance >= best_distance) continue;
        if (2 * distance > std::max(typed.size(), name.size())) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

}  // namespace kist
