#define FUSE_USE_VERSION 314
#include "fuse/tree_calls.hpp"

#include "kist/base/error.hpp"

#include "fuse/reply_buffer.hpp"

#include <algorithm>
#include <cerrno>
#include <new>

#include <fuse_lowlevel.h>
#include <linux/limits.h>
#include <sys/stat.h>

namespace kist::fuse {
namespace {

constexpr unsigned kMaxBackground = 64;
constexpr std::size_t kSectorSize = 512;

thread_local std::byte* reply_buffer = nullptr;

ServedTree& served(fuse_req_t request) {
    return *static_cast<ServedTree*>(fuse_req_userdata(request));
}

int error_number(const Error& error) noexcept {
    if (error.error_number() != 0) return error.error_number();
    if (error.code() == ErrorCode::not_found) return ENOENT;
    return error.code() == ErrorCode::interrupted ? EINTR : EIO;
}

// No exception crosses libfuse. call() replies itself; what it throws is the reply otherwise.
template <typename Call>
void answer(fuse_req_t request, Call call) noexcept {
    try {
        call(served(request).tree);
    } catch (const Error& error) {
        fuse_reply_err(request, error_number(error));
    } catch (const std::bad_alloc&) {
        fuse_reply_err(request, ENOMEM);
    } catch (...) {
        fuse_reply_err(request, EIO);
    }
}

mode_t file_type(os::FileType type) {
    switch (type) {
        case os::FileType::regular:
            return S_IFREG;
        case os::FileType::directory:
            return S_IFDIR;
        case os::FileType::symlink:
            return S_IFLNK;
        case os::FileType::fifo:
            return S_IFIFO;
        case os::FileType::socket:
            return S_IFSOCK;
        case os::FileType::character_device:
            return S_IFCHR;
        case os::FileType::block_device:
            return S_IFBLK;
    }
    return S_IFREG;
}

timespec to_timespec(Timestamp time) {
    using std::chrono::seconds;
    const auto whole = std::chrono::floor<seconds>(time);
    return {whole.time_since_epoch().count(), (time - whole).count()};
}

struct stat to_stat(const os::FileStatus& status) {
    struct stat made {};
    made.st_ino = status.inode;
    made.st_mode = file_type(status.type) | (status.mode & 07777U);
    made.st_nlink = status.link_count;
    made.st_uid = status.uid;
    made.st_gid = status.gid;
    made.st_rdev = status.special_device;
    made.st_size = static_cast<off_t>(status.size);
    made.st_blksize = kPage;
    made.st_blocks = static_cast<blkcnt_t>((status.allocated + kSectorSize - 1) / kSectorSize);
    made.st_mtim = to_timespec(status.mtime);
    made.st_atim = made.st_mtim;
    made.st_ctim = to_timespec(status.ctime);
    return made;
}

fuse_entry_param to_entry(const Node& node) {
    fuse_entry_param entry{};
    entry.ino = node.number;
    entry.attr = to_stat(node.status);
    entry.attr_timeout = entry.entry_timeout = static_cast<double>(node.lifetime.count());
    return entry;
}

void on_init(void* data, fuse_conn_info* connection) noexcept {
    const auto& tree = *static_cast<const ServedTree*>(data);
    connection->max_write = kLargestRead;    // also what sets the largest read
    connection->max_readahead = kReadAhead;  // libfuse has put in what the kernel began with
    connection->max_background = kMaxBackground;
    connection->congestion_threshold = kMaxBackground * 3 / 4;
    const auto acl = static_cast<unsigned>(FUSE_CAP_POSIX_ACL);
    if (tree.visibility == Visibility::everybody) connection->want |= connection->capable & acl;
}

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) noexcept {
    answer(request, [=](Tree& tree) {
        const auto node = tree.find(parent, name);
        if (!node) {
            fuse_reply_err(request, ENOENT);
            return;
        }
        const auto entry = to_entry(*node);
        fuse_reply_entry(request, &entry);
    });
}

void on_getattr(fuse_req_t request, fuse_ino_t number, fuse_file_info*) noexcept {
    answer(request, [=](Tree& tree) {
        const auto node = tree.status(number);
        const auto status = to_stat(node.status);
        fuse_reply_attr(request, &status, static_cast<double>(node.lifetime.count()));
    });
}

void on_readlink(fuse_req_t request, fuse_ino_t number) noexcept {
    answer(request, [=](Tree& tree) { fuse_reply_readlink(request, tree.link_target(number).c_str()); });
}

// ---- files

OpenFile& file_of(const fuse_file_info& info) {
    return *reinterpret_cast<OpenFile*>(info.fh);
}

void on_open(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) noexcept {
    answer(request, [=](Tree& tree) {
        auto file = tree.open(number);
        info->keep_cache = file->may_keep_cache() ? 1 : 0;
        info->fh = reinterpret_cast<std::uint64_t>(file.get());
        if (fuse_reply_open(request, info) == 0)
            static_cast<void>(file.release());  // else the kernel did not wait, and will not release
    });
}

void on_read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) noexcept {
    answer(request, [=](Tree&) {
        const auto& tree = served(request);
        const auto interrupted = [&] { return tree.stopping || fuse_req_interrupted(request) != 0; };
        const std::span buffer(reply_buffer, std::min(size, kLargestRead));
        const auto got = file_of(*info).read(static_cast<std::uint64_t>(offset), buffer, interrupted);
        fuse_reply_buf(request, reinterpret_cast<const char*>(reply_buffer), got);
    });
}

void on_release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) noexcept {
    answer(request, [=](Tree&) {
        delete &file_of(*info);
        fuse_reply_err(request, 0);
    });
}

// ---- folders. Offset 0 is ".", 1 "..", and 2 the first node of the listing that was made when it was opened.

constexpr off_t kDots = 2;

const Listing& listing_of(const fuse_file_info& info) {
    return *reinterpret_cast<const Listing*>(info.fh);
}

void on_opendir(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) noexcept {
    answer(request, [=](Tree& tree) {
        auto listing = std::make_unique<Listing>(tree.list(number));
        const bool lasts = listing->is_complete && listing->lifetime.count() > 1;
        info->cache_readdir = info->keep_cache = lasts ? 1 : 0;
        info->fh = reinterpret_cast<std::uint64_t>(listing.get());
        if (fuse_reply_open(request, info) == 0) static_cast<void>(listing.release());
    });
}

void on_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* info) noexcept {
    answer(request, [=](Tree&) {
        delete &listing_of(*info);
        fuse_reply_err(request, 0);
    });
}

// The kernel passes over the nodes of "." and "..", and asks for their attributes by their own names.
NamedNode dot(fuse_ino_t number, const char* name) {
    NamedNode node{name, {}};
    node.node.status.inode = number;
    node.node.status.type = os::FileType::directory;
    return node;
}

// add(name, node, offset of the next) returns the bytes that it takes, or would.
template <typename Add>
std::size_t fill(const Listing& listing, fuse_ino_t number, off_t offset, std::size_t size, Add add) {
    std::size_t used = 0;
    for (const auto end = static_cast<off_t>(listing.nodes.size()) + kDots; offset < end; ++offset) {
        const auto taken = offset < kDots
                               ? add(used, dot(number, offset == 0 ? "." : ".."), offset + 1)
                               : add(used, listing.nodes[static_cast<std::size_t>(offset - kDots)], offset + 1);
        if (taken > size - used) break;
        used += taken;
    }
    return used;
}

template <typename AddTo>
void reply_listing(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t offset, const Listing& listing,
                   AddTo add_to) {
    size = std::min(size, kLargestRead);
    auto* const buffer = reinterpret_cast<char*>(reply_buffer);
    const auto used = fill(listing, number, offset, size, [&](std::size_t at, const NamedNode& node, off_t next) {
        return add_to(buffer + at, size - at, node, next);
    });
    if (used == 0 && !listing.is_complete)
        fuse_reply_err(request, EIO);
    else
        fuse_reply_buf(request, buffer, used);
}

void on_readdir(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t offset, fuse_file_info* info) noexcept {
    answer(request, [=](Tree&) {
        reply_listing(request, number, size, offset, listing_of(*info),
                      [&](char* at, std::size_t left, const NamedNode& node, off_t next) {
                          const auto status = to_stat(node.node.status);
                          return fuse_add_direntry(request, at, left, node.name.c_str(), &status, next);
                      });
    });
}

void on_readdirplus(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t offset,
                    fuse_file_info* info) noexcept {
    answer(request, [=](Tree&) {
        reply_listing(request, number, size, offset, listing_of(*info),
                      [&](char* at, std::size_t left, const NamedNode& node, off_t next) {
                          const auto entry = to_entry(node.node);
                          return fuse_add_direntry_plus(request, at, left, node.name.c_str(), &entry, next);
                      });
    });
}

// ---- extended attributes

// size 0 asks for the size.
void reply_sized(fuse_req_t request, std::string_view bytes, std::size_t size) {
    if (size == 0)
        fuse_reply_xattr(request, bytes.size());
    else if (bytes.size() > size)
        fuse_reply_err(request, ERANGE);
    else
        fuse_reply_buf(request, bytes.data(), bytes.size());
}

void on_getxattr(fuse_req_t request, fuse_ino_t number, const char* name, std::size_t size) noexcept {
    answer(request, [=](Tree& tree) {
        const auto attributes = tree.attributes(number);
        const auto found = std::ranges::find(attributes, std::string_view(name), &os::ExtendedAttribute::name);
        if (found == attributes.end())
            fuse_reply_err(request, ENODATA);
        else if (found->value.size() > XATTR_SIZE_MAX)
            fuse_reply_err(request, E2BIG);
        else
            reply_sized(request, found->value, size);
    });
}

bool is_attribute_name(std::string_view name) {
    return !name.empty() && name.size() <= XATTR_NAME_MAX && name.find('\0') == std::string_view::npos;
}

void on_listxattr(fuse_req_t request, fuse_ino_t number, std::size_t size) noexcept {
    answer(request, [=](Tree& tree) {
        std::string names;
        for (const auto& attribute : tree.attributes(number))
            if (is_attribute_name(attribute.name)) names.append(attribute.name).push_back('\0');
        if (names.size() > XATTR_LIST_MAX)
            fuse_reply_err(request, E2BIG);
        else
            reply_sized(request, names, size);
    });
}

}  // namespace

void use_reply_buffer(std::byte* buffer) noexcept {
    reply_buffer = buffer;
}

const fuse_lowlevel_ops& tree_calls() {
    static const auto table = [] {
        fuse_lowlevel_ops made{};
        made.init = on_init;
        made.lookup = on_lookup;
        made.getattr = on_getattr;
        made.readlink = on_readlink;
        made.open = on_open;
        made.read = on_read;
        made.release = on_release;
        made.opendir = on_opendir;
        made.readdir = on_readdir;
        made.readdirplus = on_readdirplus;
        made.releasedir = on_releasedir;
        made.getxattr = on_getxattr;
        made.listxattr = on_listxattr;
        return made;
    }();
    return table;
}

}  // namespace kist::fuse
