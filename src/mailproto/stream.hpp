#pragma once
// The bytes of a connection, plain or encrypted, over a socket that does not block. Does not wait: says what to wait
// for.

#include <cstddef>
#include <cstdint>
#include <span>

namespace kist::mailproto {

enum class Need : std::uint8_t { nothing, input, output };  // to be waited for before the same call is made again

struct Transfer {
    std::size_t count = 0;
    Need need = Need::nothing;
    bool has_ended = false;  // reading: the other side has closed, in order or not
    int error = 0;           // errno, or EPROTO where TLS has failed
};

class Stream {
  public:
    virtual ~Stream() = default;
    virtual Transfer read(std::span<char> buffer) noexcept = 0;
    virtual Transfer write(std::span<const std::byte> bytes) noexcept = 0;
};

class PlainStream : public Stream {
  public:
    explicit PlainStream(int socket) noexcept : socket_(socket) {}
    Transfer read(std::span<char> buffer) noexcept override;
    Transfer write(std::span<const std::byte> bytes) noexcept override;

  private:
    int socket_;
};

}  // namespace kist::mailproto
