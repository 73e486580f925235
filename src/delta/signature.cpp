#include "kist/delta/signature.hpp"

#include "kist/delta/block_hasher.hpp"

#include "delta/block_pass.hpp"
#include "delta/rolling_sum.hpp"
#include "delta/tree_hash.hpp"

#include <algorithm>

namespace kist::delta {

Signature sign(const InputFile& file, const BlockShape& shape, unsigned threads,
               const std::function<void(std::uint64_t)>& on_read) {
    return BlockPass(file, shape).run(threads, [&](const Chunk& chunk, const std::vector<Digest>&) {
        if (on_read) on_read(chunk.length);
    });
}

Digest node_of_zeros(const Signature& signature) {
    return BlockHasher(signature.shape, signature.size).node_of(std::vector<std::byte>(signature.shape.block_size()));
}

Signature coarsen(const Signature& signature) {
    Signature result{signature.content, signature.size, signature.shape, {}, {}};
    ++result.shape.level;
    if (signature.nodes.size() == 1) {  // a single block is the tree's top, and no level is above it
        result.nodes = signature.nodes;
        result.hints = signature.hints;
        return result;
    }
    crypto::Sha256 sha;
    constexpr auto kFanOut = ContentHasher::kFanOut;
    for (std::size_t first = 0; first < signature.nodes.size(); first += kFanOut) {
        const auto end = std::min(first + kFanOut, signature.nodes.size());
        result.nodes.push_back(parent_of(sha, std::span(signature.nodes).subspan(first, end - first)));
        auto sum = RollingSum::of_value(signature.hints[first]);
        for (auto i = first + 1; i < end; ++i)
            sum.append(RollingSum::of_value(signature.hints[i]), static_cast<std::uint32_t>(signature.block_length(i)));
        result.hints.push_back(sum.value());
    }
    return result;
}

}  // namespace kist::delta
