#pragma once
// Whole buffers through zstd (RFC 8878). Contexts are kept for each thread. Threads: any.

#include <cstddef>
#include <span>
#include <vector>

namespace kist::compression {

// One zstd frame at level 3, with its content size in the frame's header.
std::vector<std::byte> compress(std::span<const std::byte> plain);

// The plain bytes, exactly `size` of them. Anything else, a frame that says another size, or trailing bytes: a damaged
// Error. Never allocates more than `size`.
std::vector<std::byte> decompress(std::span<const std::byte> frame, std::size_t size);

}  // namespace kist::compression
