#pragma once
// What is kept of a version so that a later one can be matched against it without reading it: for each aligned block
// its node of the content hash's tree, which decides, and a rolling checksum, which only hints. 40 bytes for a block.
// The nodes are bound to the content: with its size they give its hash, and whoever reads a signature compares that.

#include "kist/base/digest.hpp"
#include "kist/delta/block_shape.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace kist::delta {

struct Signature {
    Digest content;  // the content hash
    std::uint64_t size = 0;
    BlockShape shape;
    std::vector<Digest> nodes;         // one for each block
    std::vector<std::uint64_t> hints;  // as many; the rolling checksums

    // The last block may be shorter than the others.
    std::uint64_t block_length(std::uint64_t block) const {
        return std::min<std::uint64_t>(shape.block_size(), size - block * shape.block_size());
    }
    friend bool operator==(const Signature&, const Signature&) = default;
};

// A file open for reading, of which `size` bytes count.
struct InputFile {
    int fd;
    std::string name;
    std::uint64_t size;
};

// Reads the file once, in as many threads; holes are not read. A file that is shorter than its size: damaged.
// on_read: called in any of the threads for each part that was read; what it throws comes through.
Signature sign(const InputFile& file, const BlockShape& shape, unsigned threads,
               const std::function<void(std::uint64_t bytes)>& on_read = {});

// The same content with blocks four times as large, without reading it; for files that have grown.
Signature coarsen(const Signature& signature);

// The node that a whole block of zeros has in this signature.
Digest node_of_zeros(const Signature& signature);

// The form in which signatures are kept, for KnownSignature to open. Little-endian: "KISTSIG" 02, u64 level, u64 size,
// 32 bytes content hash, the groups' nodes of 32 bytes, the blocks' hints as u64, SHA-256 of all that; the blocks'
// nodes.
std::vector<std::byte> encode(const Signature& signature);

}  // namespace kist::delta
