#pragma once
// A plain file of latest/ or history/kept, open for readers at any offset. Threads: any, once it is set up.

#include "kist/base/timestamp.hpp"
#include "kist/delta/range_reader.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/uncached_reader.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace kist::repository {

class PlainFile {
  public:
    PlainFile(os::Fd file, std::string name);  // the name is for people

    // From now on much at once goes past the page cache, where that holds none of it and the machine has a way; nothing
    // is read ahead any more but by expect(). For readers whose offsets begin on pages.
    void go_past_cache();
    bool is_past_cache(std::size_t size) const noexcept;

    // damaged where the file does not hold so much.
    void read(std::uint64_t offset, std::span<std::byte> buffer) const;
    void expect(std::uint64_t offset, std::uint64_t size) const;
    bool is_unchanged() const;  // neither renamed nor written to since it was opened

  private:
    const os::Fd file_;
    const delta::RangeReader read_;
    const Timestamp ctime_;
    mutable std::optional<os::UncachedReader> uncached_;
};

}  // namespace kist::repository
