#include "delta/block_pass.hpp"

#include "kist/delta/block_hasher.hpp"
#include "kist/delta/range_reader.hpp"
#include "kist/os/file.hpp"
#include "kist/os/parallel.hpp"

#include "delta/rolling_sum.hpp"

#include <optional>

namespace kist::delta {
namespace {

constexpr std::size_t kLeavesInChunk = 256;  // 1 MiB: what fits into a core's cache; at least four blocks

}  // namespace

// One thread's buffer and hashes.
class BlockPass::Worker {
  public:
    explicit Worker(BlockPass& pass)
        : pass_(pass),
          read_(read_file(pass.file_.fd, pass.file_.name)),
          hasher_(pass.signature_.shape, pass.file_.size),
          buffer_(pass.chunk_size_ + pass.signature_.shape.block_size()) {}

    Chunk read(std::uint64_t number) {
        const auto offset = number * pass_.chunk_size_;
        const auto length = std::min<std::uint64_t>(pass_.chunk_size_, pass_.file_.size - offset);
        const auto first = offset / pass_.signature_.shape.block_size();
        const Chunk chunk{number, offset, first, first + pass_.signature_.shape.block_count(length), length, buffer_};
        fill(chunk);
        return chunk;
    }

    void hash(const Chunk& chunk) {
        for (auto block = chunk.first_block; block < chunk.end_block; ++block) {
            const auto length = pass_.signature_.block_length(block);
            const auto at = (block - chunk.first_block) * pass_.signature_.shape.block_size();
            const auto bytes = chunk.buffer.subspan(at, length);
            pass_.signature_.nodes[block] = is_zeros_ ? zero_node(bytes) : hasher_.node_of(bytes);
            pass_.signature_.hints[block] = is_zeros_ ? 0 : RollingSum(bytes).value();
        }
    }

  private:
    // Most of a sparse file's chunks are the same zeros as the one before.
    void fill(const Chunk& chunk) {
        const auto end = chunk.offset + chunk.length;
        // Looked up once for each range of data: the kernel looks at all of it to find its end.
        if (chunk.offset >= data_.end) data_ = os::next_data(pass_.file_.fd, chunk.offset, pass_.file_.size);
        const bool is_hole = data_.begin >= end;
        if (!is_hole)
            read_(chunk.offset, chunk.buffer.first(chunk.length));
        else if (!is_zeros_)
            std::fill(buffer_.begin(), buffer_.end(), std::byte{});
        is_zeros_ = is_hole;
    }

    Digest zero_node(std::span<const std::byte> block) {
        if (block.size() != zero_length_ || !zero_node_) zero_node_ = hasher_.node_of(block);
        zero_length_ = block.size();
        return *zero_node_;
    }

    BlockPass& pass_;
    RangeReader read_;
    BlockHasher hasher_;
    std::vector<std::byte> buffer_;
    os::DataRange data_{0, 0};
    bool is_zeros_ = false;
    std::size_t zero_length_ = 0;
    std::optional<Digest> zero_node_;
};

BlockPass::BlockPass(const InputFile& file, const BlockShape& shape)
    : file_(file),
      chunk_size_(std::max(kLeavesInChunk * shape.leaf_size, 4 * shape.block_size())),
      chunk_count_(file.size == 0 ? 1 : (file.size - 1) / chunk_size_ + 1) {
    signature_.size = file.size;
    signature_.shape = shape;
    signature_.nodes.resize(shape.block_count(file.size));
    signature_.hints.resize(shape.block_count(file.size));
}

Signature BlockPass::run(unsigned threads, const Visit& visit) {
    os::run_in_parallel(static_cast<unsigned>(std::min<std::uint64_t>(threads, chunk_count_)), [&] { work(visit); });
    signature_.content = content_hash_of(signature_.nodes, signature_.size);
    return std::move(signature_);
}

void BlockPass::work(const Visit& visit) {
    try {
        Worker worker(*this);
        for (auto number = next_chunk_++; number < chunk_count_; number = next_chunk_++) {
            const auto chunk = worker.read(number);
            worker.hash(chunk);
            if (visit) visit(chunk, signature_.nodes);
        }
    } catch (...) {
        next_chunk_ = chunk_count_;
        throw;
    }
}

}  // namespace kist::delta
