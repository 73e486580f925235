#pragma once
// Reads ranges of a file only as its signature has them: of every range all blocks that it touches are read and
// compared with their nodes. So what is copied from a file that somebody may be changing, or that may have rotted,
// belongs to the content that the signature names, or there is a damaged Error. Nothing beyond those blocks is read
// from the disk. The file and the signature outlive it. One thread at a time. To be passed as a RangeReader by
// std::ref.

#include "kist/delta/known_signature.hpp"
#include "kist/os/file.hpp"

#include <memory>

namespace kist::delta {

class BlockHasher;

class VerifiedReader {
  public:
    VerifiedReader(int fd, std::string name, const Signature& signature);
    VerifiedReader(int fd, std::string name, const KnownSignature& signature);
    ~VerifiedReader();

    void operator()(std::uint64_t offset, std::span<std::byte> buffer);

  private:
    using NodeOf = std::function<const Digest&(std::uint64_t block)>;

    VerifiedReader(int fd, std::string name, const BlockShape& shape, std::uint64_t size, NodeOf node_of);
    void load(std::uint64_t block);

    int fd_;
    os::ScatteredReading scattered_;
    std::string name_;
    BlockShape shape_;
    std::uint64_t size_;
    NodeOf node_of_;
    std::unique_ptr<BlockHasher> hasher_;
    std::vector<std::byte> block_;
    std::optional<std::uint64_t> loaded_;
};

}  // namespace kist::delta
