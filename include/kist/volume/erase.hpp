#pragma once
// Ends a volume for good.

#include "kist/base/byte_count.hpp"
#include "kist/base/uuid.hpp"

#include <string>

namespace kist::volume {

struct Erasable {
    std::string path;  // where the LUKS header is: the partition of a disk
    Uuid uuid;
    std::string label;  // "" for none
    ByteCount size;
};

// What erase() would end. Errors: busy where it is open; those of luks::Header::load().
Erasable examine_for_erasing(const std::string& path);

// Destroys all key slots and the header, so that nothing on it can be decrypted any more; verified. Not with a header
// that somebody has saved. Open: busy.
void erase(const Erasable& volume);

}  // namespace kist::volume
