#pragma once
// What is known of a content's blocks: the node of its hash's tree for each that was read, and, once all are known,
// whether together they are the content. Threads: any.

#include "kist/base/digest.hpp"
#include "kist/delta/block_shape.hpp"

#include <cstdint>
#include <mutex>
#include <vector>

namespace kist::browse {

class BlockMap {
  public:
    enum class Verdict {
        open,      // not all of its blocks are known
        verified,  // they are this content's
        spoiled,   // they are not
    };

    BlockMap(const Digest& content, std::uint64_t size);

    const delta::BlockShape& shape() const noexcept { return shape_; }
    std::uint64_t block_count() const noexcept { return count_; }
    std::size_t block_length(std::uint64_t block) const;  // the last one's may be shorter

    Verdict verdict() const;
    bool knows(std::uint64_t block) const;
    bool agrees(std::uint64_t block, const Digest& node) const;  // false where it is not known
    // The first time that a block is read. With the last one of them comes the verdict.
    Verdict add(std::uint64_t block, const Digest& node);
    std::uint64_t first_unknown() const;  // block_count(): none
    void forget();                        // all: to begin anew with another copy

  private:
    const Digest content_;
    const std::uint64_t size_;
    const delta::BlockShape shape_;
    const std::uint64_t count_;
    mutable std::mutex mutex_;
    std::vector<Digest> nodes_;
    std::vector<bool> known_;
    std::uint64_t left_;
    mutable std::uint64_t first_unknown_ = 0;
    Verdict verdict_ = Verdict::open;
};

}  // namespace kist::browse
