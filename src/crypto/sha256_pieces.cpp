#include "kist/crypto/sha256_pieces.hpp"

#include "kist/crypto/sha256.hpp"

#include "crypto/side_by_side.hpp"

#include <algorithm>

namespace kist::crypto {
namespace {

void hash_one_by_one(std::byte prefix, std::span<const std::byte> bytes, std::size_t size, std::span<Digest> digests) {
    thread_local Sha256 hash;
    for (auto& digest : digests) {
        const auto piece = bytes.first(std::min(size, bytes.size()));
        digest = hash.update(std::span(&prefix, 1)).update(piece).finish();
        bytes = bytes.subspan(piece.size());
    }
}

}  // namespace

void sha256_of_pieces(std::byte prefix, std::span<const std::byte> bytes, std::size_t size, std::span<Digest> digests) {
    while (!digests.empty()) {
        const auto results = digests.first(std::min(digests.size(), kMostSideBySide));
        const auto pieces = bytes.first(std::min(results.size() * size, bytes.size()));
        if (results.size() == 1 || !hash_side_by_side(prefix, pieces, size, results))
            hash_one_by_one(prefix, pieces, size, results);
        bytes = bytes.subspan(pieces.size());
        digests = digests.subspan(results.size());
    }
}

}  // namespace kist::crypto
