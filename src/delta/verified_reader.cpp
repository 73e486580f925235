#include "kist/delta/verified_reader.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/block_hasher.hpp"
#include "kist/os/file.hpp"

namespace kist::delta {

VerifiedReader::VerifiedReader(int fd, std::string name, const BlockShape& shape, std::uint64_t size, NodeOf node_of)
    : fd_(fd),
      scattered_(fd),
      name_(std::move(name)),
      shape_(shape),
      size_(size),
      node_of_(std::move(node_of)),
      hasher_(std::make_unique<BlockHasher>(shape, size)) {}

VerifiedReader::VerifiedReader(int fd, std::string name, const Signature& signature)
    : VerifiedReader(fd, std::move(name), signature.shape, signature.size,
                     [&signature](std::uint64_t block) -> const Digest& { return signature.nodes[block]; }) {}

VerifiedReader::VerifiedReader(int fd, std::string name, const KnownSignature& signature)
    : VerifiedReader(fd, std::move(name), signature.shape(), signature.size(),
                     [&signature](std::uint64_t block) -> const Digest& { return signature.node(block); }) {}

VerifiedReader::~VerifiedReader() = default;

void VerifiedReader::operator()(std::uint64_t offset, std::span<std::byte> buffer) {
    while (!buffer.empty()) {
        const auto block = offset / shape_.block_size();
        if (loaded_ != block) load(block);
        const auto within = std::span(block_).subspan(offset % shape_.block_size());
        const auto taken = std::min(within.size(), buffer.size());
        std::copy_n(within.begin(), taken, buffer.begin());
        buffer = buffer.subspan(taken);
        offset += taken;
    }
}

void VerifiedReader::load(std::uint64_t block) {
    loaded_.reset();
    block_.resize(std::min<std::uint64_t>(shape_.block_size(), size_ - block * shape_.block_size()));
    const auto got = os::read_at(fd_, block * shape_.block_size(), block_, name_);
    if (got != block_.size() || hasher_->node_of(block_) != node_of_(block))
        throw Error(ErrorCode::damaged, "reading " + name_ + ": it is not what its signature says");
    loaded_ = block;
}

}  // namespace kist::delta
