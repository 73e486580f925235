#pragma once
// How an old content is kept when a newer version of its file replaces it: the one table of sizes, and the few limits
// that go with it. Measured on text, images and mail: small blocks make small deltas and large signatures.

#include "kist/base/byte_count.hpp"
#include "kist/delta/block_shape.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace kist::delta {

enum class Method {
    whole,   // compressed by itself
    prefix,  // compressed with the newer version as the prefix; both are read, no signature is kept
    blocks,  // a reverse delta, found by matching the newer version with the older one's signature
};

struct Rule {
    ByteCount up_to;  // size of the larger version
    Method method;
    unsigned level;  // of the signature's blocks: 4 KiB at level 0, four times as much at each further one
};

inline constexpr std::array kRules{
    Rule{64 * kKiB, Method::whole, 0},                      //
    Rule{4 * kMiB, Method::prefix, 0},                      //
    Rule{64 * kMiB, Method::blocks, 0},                     // 4 KiB
    Rule{16 * kGiB, Method::blocks, 1},                     // 16 KiB
    Rule{256 * kGiB, Method::blocks, 2},                    // 64 KiB: 160 MiB of signature
    Rule{ByteCount{~std::uint64_t{0}}, Method::blocks, 3},  // 256 KiB
};

const Rule& rule_for(ByteCount older, ByteCount newer);

// The shape in which to sign a version for the next one; nullopt where no signature is kept.
std::optional<BlockShape> signature_shape(ByteCount size);

// A compressed delta has to be less than half of what the whole content costs: it needs its newer version and a longer
// restore.
bool is_worth_keeping(ByteCount delta, ByteCount whole);

// Whether the newer version is best made by patching the older where it lies, though what differs, and what moved
// (in_place()), is written twice then: into a log that makes it safe, and into the file.
bool patches_in_place(ByteCount differing, ByteCount whole);

// A script of more pieces is not used: a file that is that scattered is copied whole.
inline constexpr std::size_t kMostCopies = 1U << 20U;

}  // namespace kist::delta
