#pragma once
// Where a protocol's parser takes its bytes from: a connection, or in tests a string.

#include <cstddef>
#include <span>

namespace kist::mailproto {

class ByteSource {
  public:
    virtual ~ByteSource() = default;
    // At least one byte, as many as are there already; 0: the other side has ended. Waits; throws Error.
    virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

}  // namespace kist::mailproto
