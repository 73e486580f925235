#include "kist/delta/signature.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/block_hasher.hpp"

#include "delta/block_pass.hpp"
#include "delta/rolling_sum.hpp"
#include "delta/tree_hash.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace kist::delta {

Signature sign(const InputFile& file, const BlockShape& shape, unsigned threads,
               const std::function<void(std::uint64_t)>& on_read) {
    return BlockPass(file, shape).run(threads, [&](const Chunk& chunk, const std::vector<Digest>&) {
        if (on_read) on_read(chunk.length);
    });
}

Digest node_of_zeros(const Signature& signature) {
    return BlockHasher(signature.shape, signature.size).node_of(std::vector<std::byte>(signature.shape.block_size()));
}

Signature coarsen(const Signature& signature) {
    Signature result{signature.content, signature.size, signature.shape, {}, {}};
    ++result.shape.level;
    if (signature.nodes.size() == 1) {  // a single block is the tree's top, and no level is above it
        result.nodes = signature.nodes;
        result.hints = signature.hints;
        return result;
    }
    crypto::Sha256 sha;
    constexpr auto kFanOut = ContentHasher::kFanOut;
    for (std::size_t first = 0; first < signature.nodes.size(); first += kFanOut) {
        const auto end = std::min(first + kFanOut, signature.nodes.size());
        result.nodes.push_back(parent_of(sha, std::span(signature.nodes).subspan(first, end - first)));
        auto sum = RollingSum::of_value(signature.hints[first]);
        for (auto i = first + 1; i < end; ++i)
            sum.append(RollingSum::of_value(signature.hints[i]), static_cast<std::uint32_t>(signature.block_length(i)));
        result.hints.push_back(sum.value());
    }
    return result;
}

namespace {

constexpr std::array kMagic{std::byte{'K'}, std::byte{'I'}, std::byte{'S'}, std::byte{'T'},
                            std::byte{'S'}, std::byte{'I'}, std::byte{'G'}, std::byte{1}};
constexpr std::size_t kHeaderSize = kMagic.size() + 8 + 8 + sizeof(Digest);
constexpr std::size_t kBlockSize = sizeof(Digest) + 8;
constexpr unsigned kHighestLevel = 8;  // blocks of 256 MiB: far beyond any use

void put(std::vector<std::byte>& out, std::uint64_t number) {
    for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<std::byte>(number >> (8 * i)));
}

void put(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// Nobody asks it for more than there is: the length is compared first.
class Fields {
  public:
    explicit Fields(std::span<const std::byte> bytes) : bytes_(bytes) {}
    std::span<const std::byte> bytes(std::size_t count) {
        const auto taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        const auto taken = bytes(8);
        for (std::size_t i = 0; i < 8; ++i) value |= std::to_integer<std::uint64_t>(taken[i]) << (8 * i);
        return value;
    }
    Digest digest() {
        Digest digest;
        std::ranges::copy(bytes(sizeof digest), digest.bytes.begin());
        return digest;
    }

  private:
    std::span<const std::byte> bytes_;
};

}  // namespace

std::vector<std::byte> encode(const Signature& signature) {
    std::vector<std::byte> out;
    out.reserve(kHeaderSize + signature.nodes.size() * kBlockSize + sizeof(Digest));
    put(out, kMagic);
    put(out, signature.shape.level);
    put(out, signature.size);
    put(out, signature.content.bytes);
    for (const auto& node : signature.nodes) put(out, node.bytes);
    for (const auto hint : signature.hints) put(out, hint);
    put(out, crypto::sha256(out).bytes);
    return out;
}

std::optional<Signature> decode_signature(std::span<const std::byte> bytes, const Digest& content, std::uint64_t size) {
    if (bytes.size() < kHeaderSize + sizeof(Digest)) return std::nullopt;
    const auto checked = bytes.first(bytes.size() - sizeof(Digest));
    if (crypto::sha256(checked) != Fields(bytes.last(sizeof(Digest))).digest()) return std::nullopt;
    Fields fields(checked);
    if (!std::ranges::equal(fields.bytes(kMagic.size()), kMagic)) return std::nullopt;
    const auto level = fields.number();
    if (level > kHighestLevel) return std::nullopt;
    Signature signature;
    signature.shape.level = static_cast<unsigned>(level);
    signature.size = fields.number();
    signature.content = fields.digest();
    if (signature.size != size || signature.content != content) return std::nullopt;
    const auto blocks = signature.shape.block_count(size);
    if ((checked.size() - kHeaderSize) / kBlockSize != blocks || (checked.size() - kHeaderSize) % kBlockSize != 0)
        return std::nullopt;
    for (std::uint64_t i = 0; i < blocks; ++i) signature.nodes.push_back(fields.digest());
    for (std::uint64_t i = 0; i < blocks; ++i) signature.hints.push_back(fields.number());
    if (content_hash_of(signature.nodes, size) != content) return std::nullopt;
    return signature;
}

}  // namespace kist::delta
