#pragma once
// The signature of an older version, as matching asks for it: of one that is kept in a file the nodes are read when
// they are needed. Nodes of 16 neighbouring blocks, a group, have one node two levels up, which is always in memory;
// where the newer version's own nodes give the same, nothing is read, and what is read is compared with it.
//
// Threads: any number, at once.

#include "kist/delta/signature.hpp"
#include "kist/os/fd.hpp"

#include <memory>
#include <optional>

namespace kist::delta {

class KnownSignature {
  public:
    KnownSignature(Signature signature);  // NOLINT(google-explicit-constructor): every signature can serve as one

    // What encode() wrote, from the file's begin to its end. nullopt: not a whole and undamaged signature of this
    // content; the nodes of blocks are not looked at yet.
    static std::optional<KnownSignature> open(os::Fd file, const Digest& content, std::uint64_t size);

    KnownSignature(KnownSignature&&) noexcept;
    KnownSignature& operator=(KnownSignature&&) noexcept;
    ~KnownSignature();

    const Digest& content() const { return signature_.content; }
    std::uint64_t size() const { return signature_.size; }
    const BlockShape& shape() const { return signature_.shape; }
    std::uint64_t block_count() const { return signature_.hints.size(); }
    std::uint64_t block_length(std::uint64_t block) const { return signature_.block_length(block); }
    std::uint64_t hint(std::uint64_t block) const { return signature_.hints[block]; }

    // damaged: the file has rotted, or cannot be read.
    const Digest& node(std::uint64_t block) const;

    // Another content's nodes of the blocks from `first` on, which may be this one's too: groups that are whole in it,
    // and the same, need not be read.
    void learn(std::uint64_t first, std::span<const Digest> nodes) const;

    // All nodes are read now. damaged: as of node().
    void read_all() const;

  private:
    class Groups;

    KnownSignature(Signature signature, std::unique_ptr<Groups> groups);

    Signature signature_;
    std::unique_ptr<Groups> groups_;  // null: all nodes are in signature_
};

}  // namespace kist::delta
