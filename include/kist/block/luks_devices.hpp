#pragma once
// The LUKS volumes on this machine's disks and partitions, open or not, found by looking (libblkid). Needs the right to
// read the devices: others are passed over, as are disks without a medium.

#include <string>
#include <vector>

namespace kist::block {

struct LuksDevice {
    std::string path;   // /dev/sdb1, /dev/mapper/NAME
    std::string uuid;   // as libblkid spells it
    std::string label;  // any bytes; "" for none, and with LUKS1
};

// By path. Two with one UUID are a disk and its copy.
std::vector<LuksDevice> luks_devices();

}  // namespace kist::block
