#pragma once
// One parallel read of a file in chunks of whole blocks, that gives its signature; whoever wants more of the bytes than
// that looks at each chunk while it is in the cache.

#include "kist/delta/signature.hpp"

#include <atomic>
#include <functional>

namespace kist::delta {

struct Chunk {
    std::uint64_t number;
    std::uint64_t offset;
    std::uint64_t first_block;
    std::uint64_t end_block;
    std::size_t length;
    std::span<std::byte> buffer;  // the chunk's bytes and behind them room for a block
};

class BlockPass {
  public:
    // Called in several threads. The nodes of the chunk's blocks are known, those of others perhaps not.
    using Visit = std::function<void(const Chunk& chunk, const std::vector<Digest>& nodes)>;

    BlockPass(const InputFile& file, const BlockShape& shape);

    std::uint64_t chunk_count() const { return chunk_count_; }
    Signature run(unsigned threads, const Visit& visit);

  private:
    class Worker;

    void work(const Visit& visit);

    const InputFile& file_;
    std::size_t chunk_size_;
    std::uint64_t chunk_count_;
    std::atomic<std::uint64_t> next_chunk_ = 0;
    Signature signature_;
};

}  // namespace kist::delta
