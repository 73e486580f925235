#pragma once
// Copies of LUKS headers in files, as `cryptsetup luksHeaderBackup` makes them. Without its header a volume is lost,
// key or no key; the header takes a few MiB. A copy keeps the keys of its time: a key that is removed later still opens
// it.

#include "kist/base/secret.hpp"
#include "kist/luks/header.hpp"

#include <string>

namespace kist::luks {

// Writes the copy (0400, on disk when this returns), and proves it: it is read again and opened, and must give this
// volume's key. A file that exists is a usage Error and stays as it is; after any Error there is none.
void save_header(const Header& header, const std::string& file, const Unlock& unlock);

// The copy in `file`, for the data on `device`. No LUKS header in it: a usage Error.
Header load_saved_header(const std::string& file, const std::string& device);

// Keeps what stands on the device where a header would: as many bytes as `copy`, or the header there, takes. Whatever
// it is, restore_header() may bring it back if it was a header.
void save_raw_header(const std::string& device, const std::string& copy, const std::string& file);

// Replaces the device's header by the copy in `file`, which load_saved_header() has taken. The volume must be closed,
// which is the caller's care.
void restore_header(const std::string& device, const std::string& file);

}  // namespace kist::luks
