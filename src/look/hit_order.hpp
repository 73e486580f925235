#pragma once
// Puts hits in the order of their paths, as long as there are not too many to keep: then they go on as they come,
// folder by folder.

#include "kist/look/search.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace kist::look {

class HitOrder {
  public:
    using Visit = std::function<void(const repository::Timeline&, Hit&&)>;

    HitOrder(std::size_t most, const Visit& visit) : most_(most), visit_(visit) {}

    void add(const repository::Timeline& timeline, Hit&& hit);
    void finish();  // what is still kept

  private:
    void pass_on();

    std::size_t most_;
    const Visit& visit_;
    bool is_passing_on_ = false;
    std::vector<std::pair<const repository::Timeline*, Hit>> kept_;
};

}  // namespace kist::look
