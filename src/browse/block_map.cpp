#include "browse/block_map.hpp"

#include "kist/delta/block_hasher.hpp"

#include <algorithm>

namespace kist::browse {
namespace {

constexpr unsigned kLevel = 2;                    // 64 KiB: what the kernel asks for at a time is a few of them
constexpr std::uint64_t kMostBlocks = 1U << 20U;  // 32 MiB of nodes; larger contents get larger blocks
constexpr unsigned kHighestLevel = 5;             // 4 MiB: a block is read into memory

delta::BlockShape shape_for(std::uint64_t size) {
    delta::BlockShape shape{kLevel};
    while (shape.block_count(size) > kMostBlocks && shape.level < kHighestLevel) ++shape.level;
    return shape;
}

}  // namespace

BlockMap::BlockMap(const Digest& content, std::uint64_t size)
    : content_(content),
      size_(size),
      shape_(shape_for(size)),
      count_(shape_.block_count(size)),
      nodes_(count_),
      known_(count_),
      left_(count_) {}

std::size_t BlockMap::block_length(std::uint64_t block) const {
    return static_cast<std::size_t>(std::min<std::uint64_t>(shape_.block_size(), size_ - block * shape_.block_size()));
}

BlockMap::Verdict BlockMap::verdict() const {
    const std::lock_guard lock(mutex_);
    return verdict_;
}

bool BlockMap::knows(std::uint64_t block) const {
    const std::lock_guard lock(mutex_);
    return known_[block];
}

bool BlockMap::agrees(std::uint64_t block, const Digest& node) const {
    const std::lock_guard lock(mutex_);
    return known_[block] && nodes_[block] == node;
}

BlockMap::Verdict BlockMap::add(std::uint64_t block, const Digest& node) {
    const std::lock_guard lock(mutex_);
    if (known_[block]) {
        if (nodes_[block] != node) verdict_ = Verdict::spoiled;  // two copies, or one that changes
        return verdict_;
    }
    nodes_[block] = node;
    known_[block] = true;
    if (--left_ == 0 && verdict_ == Verdict::open)
        verdict_ = delta::content_hash_of(nodes_, size_) == content_ ? Verdict::verified : Verdict::spoiled;
    return verdict_;
}

std::uint64_t BlockMap::first_unknown() const {
    const std::lock_guard lock(mutex_);
    while (first_unknown_ < count_ && known_[first_unknown_]) ++first_unknown_;
    return first_unknown_;
}

void BlockMap::forget() {
    const std::lock_guard lock(mutex_);
    known_.assign(count_, false);
    left_ = count_;
    first_unknown_ = 0;
    verdict_ = Verdict::open;
}

}  // namespace kist::browse
