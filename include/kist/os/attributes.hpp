#pragma once
// Owner, mode, times and extended attributes of an open file or of a name in a directory. POSIX ACLs are the attributes
// system.posix_acl_access and system.posix_acl_default and travel with the others.

#include "kist/base/timestamp.hpp"
#include "kist/os/directory.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kist::os {

struct ExtendedAttribute {
    std::string name;
    std::string value;  // any bytes

    friend bool operator==(const ExtendedAttribute&, const ExtendedAttribute&) = default;
};
using ExtendedAttributes = std::vector<ExtendedAttribute>;  // sorted by name

// Without those that describe the filesystem's or the kernel's own state (system.* other than the two ACLs, and
// security.selinux and security.ima, security.evm labels of this machine) and kist.*, which no file of Linux has. A
// filesystem without attributes has none.
ExtendedAttributes extended_attributes(int fd);
// Of any kind of file, symlinks and devices too, without opening it.
ExtendedAttributes extended_attributes(const Directory& directory, const std::string& name);

// Makes the attributes be exactly these. Returns the names of those that the filesystem or the caller's rights refuse.
std::vector<std::string> set_extended_attributes(int fd, const ExtendedAttributes& wanted);
std::vector<std::string> set_extended_attributes(const Directory& directory, const std::string& name,
                                                 const ExtendedAttributes& wanted);

// These throw. A caller that may not change owners checks for EPERM in Error::error_number().
void set_owner(int fd, std::uint32_t uid, std::uint32_t gid);
void set_owner(const Directory& directory, const std::string& name, std::uint32_t uid, std::uint32_t gid);
void set_mode(int fd, std::uint32_t mode);
void set_mode(const Directory& directory, const std::string& name, std::uint32_t mode);  // never of a symlink
void set_mtime(int fd, Timestamp mtime);
void set_mtime(const Directory& directory, const std::string& name, Timestamp mtime);

}  // namespace kist::os
