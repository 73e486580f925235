#pragma once
// The end of a volume: without its key slots nothing on it can be decrypted any more.

#include <string>

namespace kist::luks {

// Destroys every key slot and overwrites the whole header, both copies, with random bytes, then verifies that no header
// is left. path: a block device or file with a LUKS header, not open. A header that was saved elsewhere still opens
// what is encrypted, and flash memory may keep old copies of what is overwritten.
void erase(const std::string& path);

}  // namespace kist::luks
