#include "browse/verified_content.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/block_hasher.hpp"

#include <algorithm>

namespace kist::browse {
namespace {

// So far beyond what was read a request may be and still belong to somebody who reads from the beginning: the kernel
// reads ahead, and several threads answer it.
constexpr std::uint64_t kNear = 32U << 20U;

constexpr std::size_t kLargeRequest = 128U << 10U;
constexpr std::uint64_t kRequestsAhead = 4;
constexpr std::uint64_t kVerifiedAhead = 1U << 20U;  // of a pass over all of it

Error damaged(const std::string& what) {
    return {ErrorCode::damaged, what};
}

}  // namespace

VerifiedContent::VerifiedContent(ContentSource& source, const repository::Content& content, Start start)
    : source_(source), content_(content), map_(content.hash, content.size), start_(start) {}

std::size_t VerifiedContent::read(std::uint64_t offset, std::span<std::byte> buffer,
                                  const fuse::Interrupted& interrupted) {
    if (offset >= content_.size) return 0;
    buffer = buffer.first(std::min<std::uint64_t>(buffer.size(), content_.size - offset));
    expect(offset, buffer.size());
    const auto block_size = map_.shape().block_size();
    std::vector<std::byte> partial;
    for (auto left = buffer; !left.empty();) {
        const auto block = offset / block_size;
        if (offset % block_size == 0 && left.size() >= 2 * block_size) {
            const auto given = give_run(block, left.first(left.size() / block_size * block_size));
            left = left.subspan(given);
            offset += given;
            if (given > 0) continue;
        }
        const auto length = map_.block_length(block);
        const auto begin = static_cast<std::size_t>(offset % block_size);
        const auto taken = std::min(length - begin, left.size());
        if (taken == length) {
            give_block(block, left.first(length), interrupted);
        } else {
            partial.resize(length);
            give_block(block, partial, interrupted);
            std::ranges::copy(std::span(partial).subspan(begin, taken), left.begin());
        }
        left = left.subspan(taken);
        offset += taken;
    }
    return buffer.size();
}

// The disk works on what comes next while this is hashed. Large requests are the kernel's own reading ahead: more of
// the same will follow.
void VerifiedContent::expect(std::uint64_t offset, std::size_t size) const {
    if (size < kLargeRequest) return;
    const auto copy = current();
    if (copy && !copy->is_past_cache(size)) copy->expect(offset, kRequestsAhead * std::uint64_t{size});
}

void VerifiedContent::end_use() {
    if (--users_ == 0) use(nullptr);
}

// By one reading of the copy at hand. What is not right is left to give_block(), which knows others.
std::size_t VerifiedContent::give_run(std::uint64_t first, std::span<std::byte> bytes) {
    const auto block_size = map_.shape().block_size();
    std::shared_lock lock(pass_, std::defer_lock);
    if (!is_verified()) {
        lock.lock();
        if (start_ == Start::verifying || !is_near(first + bytes.size() / block_size - 1)) return 0;
        has_given_ = true;
    }
    require_unspoiled();
    const auto copy = current();
    if (!copy || !read_from(*copy, first, bytes)) return 0;
    std::size_t given = 0;
    while (given < bytes.size() && is_right(*copy, first + given / block_size, bytes.subspan(given, block_size)))
        given += block_size;
    require_unspoiled();
    return given;
}

void VerifiedContent::give_block(std::uint64_t block, std::span<std::byte> bytes,
                                 const fuse::Interrupted& interrupted) {
    if (!is_verified()) {
        if (give_unverified(block, bytes)) return;
        verify(interrupted);
    }
    read_block(block, bytes);
}

bool VerifiedContent::give_unverified(std::uint64_t block, std::span<std::byte> bytes) {
    const std::shared_lock lock(pass_);
    if (start_ == Start::verifying || !is_near(block)) return false;
    has_given_ = true;
    read_block(block, bytes);
    return true;
}

void VerifiedContent::read_block(std::uint64_t block, std::span<std::byte> bytes) {
    require_unspoiled();
    const auto copy = current();
    const bool found = (copy && read_right(copy, block, bytes)) || read_by_another_copy(block, bytes);
    require_unspoiled();
    if (!found) throw damaged("no good copy is left");
}

bool VerifiedContent::read_by_another_copy(std::uint64_t block, std::span<std::byte> bytes) {
    const std::lock_guard lock(opening_);
    if (const auto copy = current(); copy && read_right(copy, block, bytes)) return true;  // somebody was faster
    return source_.offer_copies(content_, [&](const Copy& offered) {
        if (is_spoiled()) return true;
        if (!read_right(offered, block, bytes)) return false;
        use(offered);
        return true;
    });
}

bool VerifiedContent::read_right(const Copy& copy, std::uint64_t block, std::span<std::byte> bytes) {
    return read_from(*copy, block, bytes) && is_right(*copy, block, bytes);
}

bool VerifiedContent::read_from(const repository::ContentCopy& copy, std::uint64_t block,
                                std::span<std::byte> bytes) const {
    try {
        copy.read(block * map_.shape().block_size(), bytes);
        return true;
    } catch (const Error&) {  // whatever it is: another copy may be readable
        return false;
    }
}

// Into the map where the block is new; else compared with it.
bool VerifiedContent::is_right(const repository::ContentCopy& copy, std::uint64_t block,
                               std::span<const std::byte> bytes) {
    const auto node = delta::BlockHasher(map_.shape(), content_.size).node_of(bytes);
    if (map_.knows(block)) return map_.agrees(block, node);
    if (!copy.is_unchanged()) return false;
    return map_.add(block, node) != BlockMap::Verdict::spoiled;
}

void VerifiedContent::verify(const fuse::Interrupted& interrupted) {
    const std::unique_lock lock(pass_);
    if (is_verified()) return;
    require_unspoiled();
    std::vector<std::byte> buffer(map_.shape().block_size());
    if (has_given_) return verify_the_rest(buffer, interrupted);
    const bool found =
        source_.offer_copies(content_, [&](const Copy& copy) { return verify_by(copy, buffer, interrupted); });
    if (!found) throw damaged("no good copy is left");
}

// What is known already was given out, and has to be part of the verdict.
void VerifiedContent::verify_the_rest(std::span<std::byte> buffer, const fuse::Interrupted& interrupted) {
    for (auto block = map_.first_unknown(); block < map_.block_count(); block = map_.first_unknown()) {
        if (interrupted()) throw Error(ErrorCode::interrupted, "interrupted");
        if (const auto copy = current()) expect_pass(*copy, block);
        read_block(block, buffer.first(map_.block_length(block)));
    }
}

// In a pass over all blocks, before this one.
void VerifiedContent::expect_pass(const repository::ContentCopy& copy, std::uint64_t block) const {
    const auto offset = block * map_.shape().block_size();
    if (offset % kVerifiedAhead == 0) copy.expect(offset, 2 * kVerifiedAhead);
}

bool VerifiedContent::verify_by(const Copy& copy, std::span<std::byte> buffer, const fuse::Interrupted& interrupted) {
    map_.forget();
    for (std::uint64_t block = 0; block < map_.block_count(); ++block) {
        if (interrupted()) throw Error(ErrorCode::interrupted, "interrupted");
        expect_pass(*copy, block);
        if (!read_right(copy, block, buffer.first(map_.block_length(block)))) {
            map_.forget();
            return false;
        }
    }
    use(copy);
    return true;
}

bool VerifiedContent::is_near(std::uint64_t block) const {
    if (map_.verdict() != BlockMap::Verdict::open || map_.knows(block)) return true;
    const auto end = map_.first_unknown() + std::max<std::uint64_t>(kNear / map_.shape().block_size(), 4);
    return block <= end;
}

void VerifiedContent::require_unspoiled() const {
    if (is_spoiled()) throw damaged("what was read is not what was backed up");
}

VerifiedContent::Copy VerifiedContent::current() const {
    const std::lock_guard lock(mutex_);
    return copy_;
}

void VerifiedContent::use(const Copy& copy) {
    const std::lock_guard lock(mutex_);
    copy_ = copy;
}

}  // namespace kist::browse
