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

// One frame of what `plain` has that `prefix` has not, for two versions of one file: where they agree it costs almost
// nothing, wherever it stands. Meant for up to a few MiB: memory and time grow with both. They must not overlap in
// memory.
std::vector<std::byte> compress_with_prefix(std::span<const std::byte> plain, std::span<const std::byte> prefix);

// As decompress. Another prefix than the one it was compressed with gives other bytes or a damaged Error: whoever keeps
// the frame keeps the hashes of both.
std::vector<std::byte> decompress_with_prefix(std::span<const std::byte> frame, std::span<const std::byte> prefix,
                                              std::size_t size);

}  // namespace kist::compression
