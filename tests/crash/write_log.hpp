#pragma once
// What reached a disk, in the order in which it did: writes, flushes, and marks that the test set. Several processes
// may append to one log; each entry is whole.

#include "kist/os/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kist::crash {

enum class EventKind : std::uint8_t { write, flush, mark };

struct Event {
    EventKind kind = EventKind::mark;
    std::uint64_t offset = 0;  // of a write; multiples of 512
    std::vector<std::byte> bytes;
};

class WriteLog {
  public:
    explicit WriteLog(const std::string& path);  // a new, empty one

    void write(std::uint64_t offset, std::span<const std::byte> bytes) const;
    void flush() const;
    void mark() const;

    std::vector<Event> read() const;

  private:
    void append(EventKind kind, std::uint64_t offset, std::span<const std::byte> bytes) const;

    std::string path_;
    os::Fd fd_;
};

}  // namespace kist::crash
