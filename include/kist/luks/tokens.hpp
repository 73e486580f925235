#pragma once
// LUKS2 tokens: what a header says of how a key slot's key is come by without a passphrase. systemd-cryptenroll makes
// them for TPM2 chips and FIDO2 and PKCS#11 security tokens; libcryptsetup loads systemd's plug-ins for them, and knows
// keys in the kernel's keyring by itself.

#include "kist/luks/header.hpp"
#include "kist/luks/keyslots.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kist::luks {

// The type by which systemd-cryptenroll lists a slot as a recovery key. It unlocks nothing: it is a mark.
constexpr std::string_view kRecoveryToken = "systemd-recovery";

// There is one that may unlock the volume.
bool has_unlocking_token(const Header& header);

struct TokenAttempt {
    std::optional<Unlocked> unlocked;
    bool needs_pin = false;
    std::string trouble;  // why not; "" where it unlocked
};
// Tries all of them, which may wait for a person to touch a device. Never throws for a token that fails: a passphrase
// may do. pin: empty for none.
TokenAttempt unlock_by_token(const Header& header, const Secret& pin = Secret());

// Marks a slot's key as a recovery key. False: LUKS1, which has no tokens.
bool mark_as_recovery(const Header& header, int keyslot);

}  // namespace kist::luks
