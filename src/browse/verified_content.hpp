#pragma once
// A large content, read at any offset; how it is verified stands in kist/browse/snapshot_tree.hpp. One object serves
// everybody who has it open, and is worth keeping afterwards: what was verified once needs no second pass.
//
// Invariants: 1. While nothing is known to be right, bytes are given out only near the end of what was read so far, and
// never those of the block that completes the map unless the verdict is good. 2. Once verified, no byte is given out
// whose block does not have the node that was verified. 3. Spoiled is for good: others get a new object.
//
// Threads: any.

#include "kist/fuse/tree.hpp"

#include "browse/block_map.hpp"
#include "browse/content_source.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>

namespace kist::browse {

class VerifiedContent {
  public:
    enum class Start {
        reading,    // who reads from the beginning need not wait
        verifying,  // nothing is given out before all of it was verified
    };
    VerifiedContent(ContentSource& source, const repository::Content& content, Start start);

    // Errors: damaged where it is spoiled or no copy is right; interrupted; ESTALE.
    std::size_t read(std::uint64_t offset, std::span<std::byte> buffer, const fuse::Interrupted& interrupted);

    bool is_verified() const { return map_.verdict() == BlockMap::Verdict::verified; }
    bool is_spoiled() const { return map_.verdict() == BlockMap::Verdict::spoiled; }
    repository::ContentId id() const { return content_.id; }
    std::uint64_t weight() const { return map_.block_count(); }

    // So that nothing is held open for whoever does not read. Any number of times.
    void begin_use() { ++users_; }
    void end_use();

  private:
    using Copy = std::shared_ptr<repository::ContentCopy>;

    void expect(std::uint64_t offset, std::size_t size) const;
    std::size_t give_run(std::uint64_t first, std::span<std::byte> bytes);
    void give_block(std::uint64_t block, std::span<std::byte> bytes, const fuse::Interrupted& interrupted);
    bool give_unverified(std::uint64_t block, std::span<std::byte> bytes);
    void read_block(std::uint64_t block, std::span<std::byte> bytes);
    bool read_by_another_copy(std::uint64_t block, std::span<std::byte> bytes);
    bool read_right(const Copy& copy, std::uint64_t block, std::span<std::byte> bytes);
    bool read_from(const repository::ContentCopy& copy, std::uint64_t block, std::span<std::byte> bytes) const;
    bool is_right(const repository::ContentCopy& copy, std::uint64_t block, std::span<const std::byte> bytes);
    void verify(const fuse::Interrupted& interrupted);
    void verify_the_rest(std::span<std::byte> buffer, const fuse::Interrupted& interrupted);
    void expect_pass(const repository::ContentCopy& copy, std::uint64_t block) const;
    bool verify_by(const Copy& copy, std::span<std::byte> buffer, const fuse::Interrupted& interrupted);
    bool is_near(std::uint64_t block) const;
    void require_unspoiled() const;
    Copy current() const;
    void use(const Copy& copy);

    ContentSource& source_;
    const repository::Content content_;
    BlockMap map_;
    const Start start_;
    std::shared_mutex pass_;  // shared: by who gives out what is not verified yet; exclusive: by who reads all of it
    std::atomic<bool> has_given_{false};  // set with pass_ shared
    std::mutex opening_;                  // one at a time looks for another copy
    std::atomic<int> users_{0};
    mutable std::mutex mutex_;
    Copy copy_;  // guarded by mutex_
};

}  // namespace kist::browse
