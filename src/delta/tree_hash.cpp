#include "delta/tree_hash.hpp"

#include "kist/crypto/sha256_pieces.hpp"
#include "kist/delta/content_hash.hpp"

#include <array>

namespace kist::delta {
namespace {

constexpr std::array kLeaf{std::byte{0}};
constexpr std::array kNode{std::byte{1}};
constexpr std::array kRoot{std::byte{2}};

}  // namespace

Digest leaf_of(crypto::Sha256& sha, std::span<const std::byte> bytes) {
    return sha.update(kLeaf).update(bytes).finish();
}

void leaves_of(std::span<const std::byte> bytes, std::size_t leaf_size, std::span<Digest> leaves) {
    crypto::sha256_of_pieces(kLeaf.front(), bytes, leaf_size, leaves);
}

Digest parent_of(crypto::Sha256& sha, std::span<const Digest> children) {
    sha.update(kNode);
    for (const auto& child : children) sha.update(child.bytes);
    return sha.finish();
}

void parents_of(std::span<const Digest> children, std::span<Digest> parents) {
    static_assert(sizeof(Digest) == sizeof(Digest::bytes), "children are hashed as they lie in memory");
    crypto::sha256_of_pieces(kNode.front(), std::as_bytes(children), ContentHasher::kFanOut * sizeof(Digest), parents);
}

Digest root_of(crypto::Sha256& sha, std::uint64_t size, const Digest& top) {
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(size >> (8 * i));
    return sha.update(kRoot).update(bytes).update(top.bytes).finish();
}

}  // namespace kist::delta
