#pragma once
// Bounds on the work that a LUKS header asks for before it can be told whether a key fits. The numbers in it are
// anybody's: one flipped bit, and a try of the right passphrase takes hours.

#include <string>

struct crypt_device;

namespace kist::luks {

struct Keyslot;

// The digests that prove a volume key. More than 100 million passes of PBKDF2 (about a minute; libcryptsetup measures
// an eighth of a second): a damaged Error. path: of the file or device that the header was read from.
void require_bearable_digests(crypt_device* device, const std::string& path);

// The same for a key slot: 100 million passes of PBKDF2, or of Argon2 256 GiB written, all passes together.
void require_bearable(const Keyslot& slot, const std::string& path);

}  // namespace kist::luks
