#pragma once
// By what runs know messages and folders again, in the place of what a filesystem says of files: the folder stands for
// the device, the UID for the inode, UIDVALIDITY for the time of birth. A message never changes under these.

#include "kist/base/timestamp.hpp"
#include "kist/os/file_status.hpp"

#include <cstdint>
#include <string_view>

namespace kist::mailbox {

// 63 bits of a text's SHA-256, to stand for it.
std::uint64_t hashed_number(std::string_view text);

// No filesystem has such a number: those fit into 32 bits.
std::uint64_t folder_device(std::string_view account, std::string_view raw_folder);

// Regular, of this process's user and for nobody else; size and times other than of birth are not known yet.
os::FileStatus message_status(std::uint64_t device, std::uint32_t uid_validity, std::uint32_t uid);

// The same of a POP3 message, which is known by its unique id (UIDL) and has no number that lasts.
inline constexpr std::uint32_t kMaildropValidity = 1;  // in the place of UIDVALIDITY
os::FileStatus maildrop_status(std::uint64_t device, std::string_view unique_id);

// A directory of the tree, which changed at `time`: programs that read Maildirs go by that.
os::FileStatus directory_status(std::uint64_t device, Timestamp time);

}  // namespace kist::mailbox
