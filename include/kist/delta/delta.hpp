#pragma once
// A script with its literal bytes, and its form as a stream: librsync's delta format, so that `rdiff patch` applies it.
//
//   "rs" 02 36, then instructions, then 00. Numbers are big-endian.
//   01..40          literal of 1 to 64 bytes, which follow
//   41 42 43 44     literal; its length in 1, 2, 4 or 8 bytes, then its bytes
//   45..54          copy; offset in the basis in 1, 2, 4 or 8 bytes (45.., 49.., 4d.., 51..), then length in 1, 2, 4 or
//   8
//
// The stream says nothing about the versions it belongs to: whoever keeps it keeps the hashes and sizes of both beside
// it, and gives them back when it is read. Source: librsync 2.3, doc/formats.md.

#include "kist/delta/range_reader.hpp"
#include "kist/delta/script.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace kist::delta {

struct Delta {
    Script script;
    RangeReader literals;  // by offset in the target; asked only for ranges that no copy covers
};

void encode(const Delta& delta, const Sink& sink);
std::uint64_t encoded_size(const Script& script);  // exactly, without a byte of the literals

struct Sizes {
    std::uint64_t basis;
    std::uint64_t target;
};

// Reads a stream from its beginning to its end, and believes nothing. damaged: a stream that does not begin with the
// magic, ends early or goes on behind its end, has an opcode that means nothing or an empty instruction, copies from
// beyond the basis, or makes a target of another size.
class DeltaReader {
  public:
    // Up to the buffer's size, 0 only at the end.
    using Source = std::function<std::size_t(std::span<std::byte> buffer)>;

    // A literal has no source.
    struct Instruction {
        std::optional<std::uint64_t> source;
        std::uint64_t length;
    };

    DeltaReader(Source source, const Sizes& sizes);

    // nullopt: the end, and all of the stream was as it should be. What is left of a literal is skipped.
    std::optional<Instruction> next();
    // The next bytes of the literal that next() told of, no more than are left of it.
    void read_literal(std::span<std::byte> bytes);
    std::uint64_t position() const { return position_; }  // of the next byte in the stream

  private:
    void refill();
    std::byte take();
    std::uint64_t take_number(unsigned width);
    Instruction take_literal(unsigned opcode);
    Instruction take_copy(unsigned opcode);
    void account(std::uint64_t length);
    void skip_literal();
    void expect_end();

    Source source_;
    Sizes sizes_;
    std::vector<std::byte> buffer_;
    std::span<const std::byte> unread_;
    std::uint64_t position_ = 0;
    std::uint64_t literal_left_ = 0;
    std::uint64_t target_left_;
};

// All of a stream of `size` bytes with the literals left where they are: `stream` is read again for them and has to
// outlive the result. Memory: 24 bytes for each instruction. damaged as above.
Delta decode(RangeReader stream, std::uint64_t size, const Sizes& sizes);

}  // namespace kist::delta
