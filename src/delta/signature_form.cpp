#include "delta/signature_form.hpp"

#include "kist/delta/block_hasher.hpp"

#include "delta/node_groups.hpp"

#include <algorithm>
#include <array>

namespace kist::delta {
namespace {

constexpr std::array kMagic{std::byte{'K'}, std::byte{'I'}, std::byte{'S'}, std::byte{'T'},
                            std::byte{'S'}, std::byte{'I'}, std::byte{'G'}, std::byte{2}};
constexpr std::size_t kFixedSize = kLevelEnd + 8 + sizeof(Digest);

void put(std::vector<std::byte>& out, std::uint64_t number) {
    for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<std::byte>(number >> (8 * i)));
}

void put(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

std::uint64_t number_in(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return value;
}

// Nobody asks it for more than there is: the length is compared first.
std::span<const std::byte> take(std::span<const std::byte>& bytes, std::size_t count) {
    const auto taken = bytes.first(count);
    bytes = bytes.subspan(count);
    return taken;
}

}  // namespace

Digest decode_digest(std::span<const std::byte> bytes) {
    Digest digest;
    std::ranges::copy(bytes.first(sizeof digest), digest.bytes.begin());
    return digest;
}

std::uint64_t head_size(std::uint64_t blocks) {
    return kFixedSize + group_count(blocks) * sizeof(Digest) + blocks * sizeof(std::uint64_t) + sizeof(Digest);
}

std::vector<std::byte> encode(const Signature& signature) {
    std::vector<std::byte> out;
    out.reserve(head_size(signature.nodes.size()) + signature.nodes.size() * sizeof(Digest));
    put(out, kMagic);
    put(out, signature.shape.level);
    put(out, signature.size);
    put(out, signature.content.bytes);
    for (const auto& node : nodes_of_groups(signature.nodes)) put(out, node.bytes);
    for (const auto hint : signature.hints) put(out, hint);
    put(out, crypto::sha256(out).bytes);
    for (const auto& node : signature.nodes) put(out, node.bytes);
    return out;
}

std::optional<unsigned> decode_level(std::span<const std::byte> bytes) {
    if (bytes.size() < kLevelEnd || !std::ranges::equal(bytes.first(kMagic.size()), kMagic)) return std::nullopt;
    const auto level = number_in(bytes.subspan(kMagic.size()));
    if (level > kHighestLevel) return std::nullopt;
    return static_cast<unsigned>(level);
}

std::optional<SignatureHead> decode_head(std::span<const std::byte> bytes, const Digest& content, std::uint64_t size) {
    const auto level = decode_level(bytes);
    if (!level) return std::nullopt;
    SignatureHead head;
    auto& signature = head.signature;
    signature.shape.level = *level;
    const auto blocks = signature.shape.block_count(size);
    if (bytes.size() != head_size(blocks)) return std::nullopt;
    const auto checked = bytes.first(bytes.size() - sizeof(Digest));
    if (crypto::sha256(checked) != decode_digest(bytes.last(sizeof(Digest)))) return std::nullopt;
    auto left = checked.subspan(kLevelEnd);
    signature.size = number_in(take(left, 8));
    signature.content = decode_digest(take(left, sizeof(Digest)));
    if (signature.size != size || signature.content != content) return std::nullopt;
    for (auto i = group_count(blocks); i > 0; --i) head.groups.push_back(decode_digest(take(left, sizeof(Digest))));
    signature.hints.reserve(blocks);
    for (auto i = blocks; i > 0; --i) signature.hints.push_back(number_in(take(left, 8)));
    if (content_hash_of(head.groups, size) != content) return std::nullopt;
    return head;
}

}  // namespace kist::delta
