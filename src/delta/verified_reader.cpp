#include "kist/delta/verified_reader.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/block_hasher.hpp"
#include "kist/os/file.hpp"

namespace kist::delta {

VerifiedReader::VerifiedReader(int fd, std::string name, const Signature& signature)
    : fd_(fd),
      scattered_(fd),
      name_(std::move(name)),
      signature_(signature),
      hasher_(std::make_unique<BlockHasher>(signature.shape, signature.size)) {}

VerifiedReader::~VerifiedReader() = default;

void VerifiedReader::operator()(std::uint64_t offset, std::span<std::byte> buffer) {
    while (!buffer.empty()) {
        const auto block = offset / signature_.shape.block_size();
        if (loaded_ != block) load(block);
        const auto within = std::span(block_).subspan(offset % signature_.shape.block_size());
        const auto taken = std::min(within.size(), buffer.size());
        std::ranges::copy(within.first(taken), buffer.begin());
        buffer = buffer.subspan(taken);
        offset += taken;
    }
}

void VerifiedReader::load(std::uint64_t block) {
    loaded_.reset();
    block_.resize(signature_.block_length(block));
    const auto got = os::read_at(fd_, block * signature_.shape.block_size(), block_, name_);
    if (got != block_.size() || hasher_->node_of(block_) != signature_.nodes[block])
        throw Error(ErrorCode::damaged, "reading " + name_ + ": it is not what its signature says");
    loaded_ = block;
}

}  // namespace kist::delta
