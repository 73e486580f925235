#pragma once
// The bytes of a kept signature, as kist/delta/signature.hpp describes them: a head, all of which is checked by its own
// sum and by the content hash, and behind it the blocks' nodes.

#include "kist/delta/signature.hpp"

#include <optional>

namespace kist::delta {

constexpr unsigned kHighestLevel = 8;  // blocks of 256 MiB: far beyond any use

struct SignatureHead {
    Signature signature;  // without nodes
    std::vector<Digest> groups;
};

// What the head of a signature with so many blocks takes.
std::uint64_t head_size(std::uint64_t blocks);

// The bytes that tell the level, from a file's begin.
constexpr std::size_t kLevelEnd = 16;
std::optional<unsigned> decode_level(std::span<const std::byte> bytes);

// bytes: as many as head_size() says. nullopt: not a whole and undamaged head for this content.
std::optional<SignatureHead> decode_head(std::span<const std::byte> bytes, const Digest& content, std::uint64_t size);

Digest decode_digest(std::span<const std::byte> bytes);

}  // namespace kist::delta
