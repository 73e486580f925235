#pragma once
// A read-only tree of files that a program makes up; TreeServer (tree_server.hpp) shows it as a filesystem.

#include "kist/os/attributes.hpp"
#include "kist/os/file_status.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::fuse {

// A node's name to the kernel, which may come back with it long after it was given out.
using NodeNumber = std::uint64_t;
constexpr NodeNumber kRootNode = 1;

struct Node {
    NodeNumber number = 0;
    os::FileStatus status;          // status.inode is what programs see
    std::chrono::seconds lifetime;  // for so long the kernel need not ask again what is under this name, and its status
};

struct NamedNode {
    std::string name;
    Node node;
};

struct Listing {
    std::vector<NamedNode> nodes;  // without "." and ".."
    std::chrono::seconds lifetime;
    bool is_complete = true;  // false: readers get what there is, and then EIO
};

// Whether nobody waits for the answer any more. To be asked now and then by what takes long, which then throws.
using Interrupted = std::function<bool()>;

// One opening of a file; destroyed with it.
class OpenFile {
  public:
    virtual ~OpenFile() = default;
    // Up to the buffer's size, less only at the file's end.
    virtual std::size_t read(std::uint64_t offset, std::span<std::byte> buffer, const Interrupted& interrupted) = 0;
    // What the kernel still has of the node's bytes may be used again. Asked once, before the first read.
    virtual bool may_keep_cache() const noexcept = 0;
};

// Calls come from several threads at once. What they throw becomes an errno: an Error's own; ENOENT for not_found,
// EINTR for interrupted, EIO for anything else. ESTALE is what a number deserves that means nothing any more.
class Tree {
  public:
    virtual ~Tree() = default;
    virtual Node status(NodeNumber number) = 0;
    virtual std::optional<Node> find(NodeNumber directory, std::string_view name) = 0;
    virtual Listing list(NodeNumber directory) = 0;
    virtual std::string link_target(NodeNumber symlink) = 0;
    virtual std::unique_ptr<OpenFile> open(NodeNumber file) = 0;
    virtual os::ExtendedAttributes attributes(NodeNumber number) = 0;
};

}  // namespace kist::fuse
