#pragma once
// A content on its way to standard output. What fits into memory is written only when it is known to be right; of
// anything larger the first part may be out before a damaged copy is noticed.

#include "kist/repository/content_reader.hpp"

#include "cli/output.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kist::cli {

class ContentWriter {
  public:
    explicit ContentWriter(Output& output) noexcept : output_(output) {}

    // Errors: damaged, also where another copy is good but bytes of the bad one were written already.
    void write(repository::ContentReader& reader, const repository::Content& content);

  private:
    void take(std::uint64_t offset, std::span<const std::byte> data);
    void restart();
    void pad_to(std::uint64_t offset);  // zeros for a hole
    void append(std::span<const std::byte> data);
    void write_held();

    Output& output_;
    std::vector<std::byte> held_;
    std::uint64_t position_ = 0;  // of the next byte in the content
    std::uint64_t written_ = 0;   // bytes that cannot be taken back
};

}  // namespace kist::cli
