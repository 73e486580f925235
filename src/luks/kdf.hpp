#pragma once
// What libcryptsetup is to make of a KdfCost.

#include "kist/luks/header.hpp"

#include <libcryptsetup.h>

namespace kist::luks {

// luks_type: CRYPT_LUKS1 or CRYPT_LUKS2.
crypt_pbkdf_type pbkdf(const KdfCost& cost, const char* luks_type);

}  // namespace kist::luks
