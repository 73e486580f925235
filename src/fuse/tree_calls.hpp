#pragma once
// The kernel's requests as calls of a Tree, and what it returns or throws as replies.

#include "kist/fuse/tree_server.hpp"

#include <atomic>
#include <cstddef>

struct fuse_lowlevel_ops;

namespace kist::fuse {

constexpr std::size_t kLargestRead = 1 << 20;
constexpr std::size_t kReadAhead = 8 << 20;  // measured: doc/performance.md

// The session's user data.
struct ServedTree {
    Tree& tree;
    Visibility visibility;
    std::atomic<bool> stopping{false};  // every request counts as interrupted
};

const fuse_lowlevel_ops& tree_calls();

// What this thread answers reads from: kLargestRead bytes.
void use_reply_buffer(std::byte* buffer) noexcept;

}  // namespace kist::fuse
