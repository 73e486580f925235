#pragma once
// How the parts of the engine get at bytes and pass them on.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace kist::delta {

// Fills the buffer with what stands at the offset, or throws.
using RangeReader = std::function<void(std::uint64_t offset, std::span<std::byte> buffer)>;

// Takes the next bytes of a file or a stream.
using Sink = std::function<void(std::span<const std::byte>)>;

// Of an open file, which has to outlive it. An end of the file where there should be bytes is a damaged Error.
RangeReader read_file(int fd, std::string name);
// Of bytes that outlive it; what is asked for must lie within.
RangeReader read_bytes(std::span<const std::byte> bytes);

// Passes a range on in pieces of at most 64 KiB.
void send_range(const RangeReader& from, std::uint64_t offset, std::uint64_t length, const Sink& to);

}  // namespace kist::delta
