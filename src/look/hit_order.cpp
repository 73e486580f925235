#include "look/hit_order.hpp"

#include <algorithm>
#include <tuple>

namespace kist::look {

void HitOrder::add(const repository::Timeline& timeline, Hit&& hit) {
    if (is_passing_on_) return visit_(timeline, std::move(hit));
    kept_.emplace_back(&timeline, std::move(hit));
    if (kept_.size() <= most_) return;
    is_passing_on_ = true;
    pass_on();
}

void HitOrder::finish() {
    std::ranges::sort(kept_, {}, [](const auto& one) {
        const auto& [timeline, hit] = one;
        return std::tuple<const std::string&, const std::string&, repository::Position>(timeline->source().host,
                                                                                        hit.path, hit.span.first);
    });
    pass_on();
}

void HitOrder::pass_on() {
    auto kept = std::exchange(kept_, {});
    for (auto& [timeline, hit] : kept) visit_(*timeline, std::move(hit));
}

}  // namespace kist::look
