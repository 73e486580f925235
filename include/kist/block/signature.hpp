#pragma once
// What a block device or file holds, by libblkid: a filesystem, LUKS, a partition table, RAID, …

#include <optional>
#include <string>
#include <vector>

namespace kist::block {

struct Signature {
    std::string type;   // "ext4", "crypto_LUKS", "dos", …
    std::string uuid;   // as libblkid spells it; "" where the format has none
    std::string label;  // any bytes
};

// nullopt: nothing known. More than one signature at once throws: nobody can tell which one counts.
std::optional<Signature> probe(const std::string& path);

// All that is there, each type once.
std::vector<Signature> probe_all(const std::string& path);

// Overwrites the magic bytes of every signature that probe_all finds, both copies of a GPT included, until none is
// left. fd: the device, open for reading and writing.
void wipe_signatures(int fd, const std::string& path);

}  // namespace kist::block
