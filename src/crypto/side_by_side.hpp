#pragma once
// Several hashes at a time by libIPSec_MB (https://github.com/intel/intel-ipsec-mb), where it was built in.

#include "kist/base/digest.hpp"

#include <cstddef>
#include <span>

namespace kist::crypto {

constexpr std::size_t kMostSideBySide = 16;  // as many as any CPU has lanes for

// As sha256_of_pieces(), of at most so many. false: it is not there, and nothing was done. The first call in a program
// takes some milliseconds.
bool hash_side_by_side(std::byte prefix, std::span<const std::byte> bytes, std::size_t size, std::span<Digest> digests);

}  // namespace kist::crypto
