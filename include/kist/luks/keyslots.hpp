#pragma once
// The key slots of a LUKS header: 32 in LUKS2, 8 in LUKS1. Each holds the volume key, encrypted with one passphrase or
// key. They can be changed while the volume is open: libcryptsetup locks the header and writes LUKS2's two copies one
// after the other, so that an interruption leaves one of them whole. One thread at a time.

#include "kist/base/byte_count.hpp"
#include "kist/base/secret.hpp"
#include "kist/luks/header.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::luks {

struct Kdf {
    std::string name;  // "argon2id", "pbkdf2"
    std::uint32_t passes = 0;
    ByteCount memory;  // 0: PBKDF2
    std::uint32_t threads = 0;
};

enum class KeyslotState {
    active,
    unbound,  // holds another key, which does not open the volume
};

enum class KeyslotPriority {
    ignored,  // tried only where it is named
    normal,
    preferred,
};

struct Keyslot {
    int number = 0;
    KeyslotState state = KeyslotState::active;
    KeyslotPriority priority = KeyslotPriority::normal;
    Kdf kdf;
    std::vector<std::string> tokens;  // the types of the tokens that refer to it: "systemd-tpm2"
};

std::vector<Keyslot> keyslots(const Header& header);  // those in use, by number
std::size_t most_keyslots(const Header& header);

struct Unlocked {
    int keyslot = 0;
    Secret volume_key;
};

struct KeyslotChoice {
    std::optional<int> except = std::nullopt;             // not this one
    std::optional<ByteCount> most_memory = std::nullopt;  // none whose KDF takes more
};

// nullopt: the key fits none of the slots that may be tried. Where none fits and one could not be tried, the Error says
// why: its memory (failed), or parameters that make no sense or would take hours (damaged).
std::optional<Unlocked> try_key(const Header& header, const Secret& key, const KeyslotChoice& choice = {});

// Returns the new slot's number. No slot or no space left: a failed Error, and nothing is changed.
int add_key(const Header& header, const Secret& volume_key, const Secret& key, const KdfCost& cost);

// Returns `number`. One that is not in use: not_found. The last one that opens the volume: usage.
int require_removable(const Header& header, int number);

// Overwrites the slot, and takes tokens away that led nowhere else. Errors: as require_removable().
void remove_keyslot(const Header& header, int number);

// `key` gets a slot of its own and has opened the volume with it before `number` is removed: whatever interrupts it,
// one of the two keys fits. Returns the new slot's number.
int replace_key(const Header& header, const Unlocked& old, const Secret& key, const KdfCost& cost);

}  // namespace kist::luks
