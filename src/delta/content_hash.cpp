#include "kist/delta/content_hash.hpp"

#include "delta/tree_hash.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace kist::delta {
namespace {

constexpr std::size_t kLeavesAtOnce = 16;  // more go no faster through the CPU

}  // namespace

void ContentHasher::update(std::span<const std::byte> bytes) {
    size_ += bytes.size();
    if (!partial_.empty()) {
        const auto taken = std::min(bytes.size(), kLeafSize - partial_.size());
        partial_.insert(partial_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
        bytes = bytes.subspan(taken);
        if (partial_.size() < kLeafSize) return;
        add_node(0, leaf_of(sha_, partial_));
        partial_.clear();
    }
    for (std::array<Digest, kLeavesAtOnce> leaves; bytes.size() >= kLeafSize;) {
        const auto whole = std::span(leaves).first(std::min(kLeavesAtOnce, bytes.size() / kLeafSize));
        leaves_of(bytes.first(whole.size() * kLeafSize), kLeafSize, whole);
        for (const auto& leaf : whole) add_node(0, leaf);
        bytes = bytes.subspan(whole.size() * kLeafSize);
    }
    partial_.assign(bytes.begin(), bytes.end());
}

namespace {

constexpr std::array<std::byte, ContentHasher::kLeafSize> kZeros{};

// Of trees over nothing but zeros, by level: as many levels as 64 bits of size can need.
const std::array<Digest, 26>& zero_nodes() {
    static const auto kNodes = [] {
        crypto::Sha256 sha;
        std::array<Digest, 26> nodes{leaf_of(sha, kZeros)};
        for (std::size_t level = 1; level < nodes.size(); ++level)
            nodes[level] = parent_of(sha, std::vector<Digest>(ContentHasher::kFanOut, nodes[level - 1]));
        return nodes;
    }();
    return kNodes;
}

}  // namespace

// Whole subtrees at once, so that a hole of terabytes costs no more than its ends.
void ContentHasher::update_zeros(std::uint64_t count) {
    if (!partial_.empty()) {
        const auto fill = std::min<std::uint64_t>(count, kLeafSize - partial_.size());
        update(std::span(kZeros).first(fill));
        count -= fill;
    }
    while (count >= kLeafSize) {
        std::size_t level = 0;
        std::uint64_t size = kLeafSize;
        while ((level >= pending_.size() || pending_[level].empty()) && count / kFanOut >= size) {
            ++level;
            size *= kFanOut;
        }
        add_node(level, zero_nodes()[level]);
        size_ += size;
        count -= size;
    }
    update(std::span(kZeros).first(count));
}

void ContentHasher::add_node(std::size_t level, Digest node) {
    for (;; ++level) {
        if (level >= pending_.size()) pending_.resize(level + 1);
        auto& nodes = pending_[level];
        nodes.push_back(node);
        if (nodes.size() < kFanOut) return;
        node = parent_of(sha_, nodes);
        nodes.clear();
    }
}

Digest ContentHasher::finish() {
    if (!partial_.empty() || size_ == 0) add_node(0, leaf_of(sha_, partial_));
    // What a level leaves over becomes the last node of the level above; a node with nothing beside and above it is the
    // top.
    std::optional<Digest> last;
    for (std::size_t level = 0; level < pending_.size(); ++level) {
        auto& nodes = pending_[level];
        if (last) nodes.push_back(*last);
        if (nodes.empty()) continue;
        const bool is_top = level + 1 == pending_.size() && nodes.size() == 1;
        last = is_top ? nodes.front() : parent_of(sha_, nodes);
    }
    const auto hash = root_of(sha_, size_, *last);
    pending_.clear();
    partial_.clear();
    size_ = 0;
    return hash;
}

Digest content_hash(std::span<const std::byte> content) {
    thread_local ContentHasher hasher;
    hasher.update(content);
    return hasher.finish();
}

}  // namespace kist::delta
