#pragma once
// What stat(2) says of the tree's nodes.

#include "kist/fuse/tree.hpp"
#include "kist/os/file_status.hpp"
#include "kist/repository/repository.hpp"

namespace kist::browse {

// As the source's own file. A folder has one link, which says that its subfolders are not counted, as on btrfs.
os::FileStatus entry_status(fuse::NodeNumber number, const repository::Entry& entry, std::uint32_t links);

// Of what stands above the snapshots: the mounter's, for everybody to read.
os::FileStatus folder_status(fuse::NodeNumber number, Timestamp time);
os::FileStatus link_status(fuse::NodeNumber number, std::size_t target_length, Timestamp time);

// What a content with holes takes where it lies, so that copying programs look for them.
std::uint64_t allocated_bytes(const repository::Repository& repository, repository::Catalog& catalog,
                              repository::ContentId content, std::uint64_t size);

}  // namespace kist::browse
