#include "kist/luks/keyslots.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "luks/cryptsetup.hpp"
#include "luks/effort.hpp"
#include "luks/kdf.hpp"

#include <algorithm>
#include <cerrno>

#include <libcryptsetup.h>

namespace kist::luks {
namespace {

bool is_active(crypt_keyslot_info info) {
    return info == CRYPT_SLOT_ACTIVE || info == CRYPT_SLOT_ACTIVE_LAST;
}

KeyslotPriority priority_of(crypt_device* device, int number) {
    switch (crypt_keyslot_get_priority(device, number)) {
        case CRYPT_SLOT_PRIORITY_IGNORE:
            return KeyslotPriority::ignored;
        case CRYPT_SLOT_PRIORITY_PREFER:
            return KeyslotPriority::preferred;
        default:
            return KeyslotPriority::normal;
    }
}

Kdf kdf_of(crypt_device* device, int number) {
    crypt_pbkdf_type type{};
    if (crypt_keyslot_get_pbkdf(device, number, &type) < 0) return {};
    return {type.type == nullptr ? "" : type.type, type.iterations, ByteCount{std::uint64_t{type.max_memory_kb} * 1024},
            type.parallel_threads};
}

int most_tokens(crypt_device* device) {
    return std::max(crypt_token_max(crypt_get_type(device)), 0);  // LUKS1 has none
}

bool has_type(crypt_token_info info) {
    return info != CRYPT_TOKEN_INVALID && info != CRYPT_TOKEN_INACTIVE;
}

std::vector<std::string> tokens_of(crypt_device* device, int keyslot) {
    std::vector<std::string> types;
    for (int token = 0; token < most_tokens(device); ++token) {
        const char* type = nullptr;
        if (has_type(crypt_token_status(device, token, &type)) && crypt_token_is_assigned(device, token, keyslot) == 0)
            types.emplace_back(type);
    }
    return types;
}

bool leads_somewhere(crypt_device* device, int token, std::size_t slots) {
    for (std::size_t slot = 0; slot < slots; ++slot)
        if (crypt_token_is_assigned(device, token, static_cast<int>(slot)) == 0) return true;
    return false;
}

std::vector<int> tokens_that_lead_to(crypt_device* device, int keyslot) {
    std::vector<int> tokens;
    for (int token = 0; token < most_tokens(device); ++token)
        if (crypt_token_is_assigned(device, token, keyslot) == 0) tokens.push_back(token);
    return tokens;
}

std::optional<Unlocked> try_keyslot(const Header& header, int number, const Secret& key) {
    Unlocked unlocked{number, Secret(header.layout().key_size)};
    auto size = unlocked.volume_key.size();
    const int result =
        crypt_volume_key_get(header.device(), number, reinterpret_cast<char*>(unlocked.volume_key.expose().data()),
                             &size, characters(key), key.size());
    if (result == -EPERM || result == -ENOENT) return std::nullopt;
    if (result == -EINVAL)
        throw Error(ErrorCode::damaged,
                    "key slot " + std::to_string(number) + " of " + os::printable(header.path()) + " is damaged",
                    "Another key may open it, or a saved copy of its header.");
    require(result, "cannot unlock " + os::printable(header.path()));
    unlocked.volume_key.truncate(size);
    return unlocked;
}

// In the order in which libcryptsetup tries them.
std::vector<Keyslot> worth_trying(const Header& header, const KeyslotChoice& choice) {
    auto slots = keyslots(header);
    std::erase_if(slots, [&](const Keyslot& slot) {
        return slot.state != KeyslotState::active || slot.priority == KeyslotPriority::ignored ||
               slot.number == choice.except;
    });
    std::ranges::stable_sort(slots, std::ranges::greater(), &Keyslot::priority);
    return slots;
}

void require_affordable(const Header& header, const Keyslot& slot, const KeyslotChoice& choice) {
    require_bearable(slot, header.path());
    if (!choice.most_memory || slot.kdf.memory.value <= choice.most_memory->value) return;
    throw Error(ErrorCode::failed,
                "key slot " + std::to_string(slot.number) + " of " + os::printable(header.path()) + " takes " +
                    to_string(slot.kdf.memory) + " of memory, more than the " + to_string(*choice.most_memory) +
                    " that are spent while nobody watches",
                "Open it by hand; kist key change gives the key a smaller cost.");
}

void require_room(const Header& header) {
    if (keyslots(header).size() >= most_keyslots(header))
        throw Error(ErrorCode::failed,
                    "all " + std::to_string(most_keyslots(header)) + " key slots of " + os::printable(header.path()) +
                        " are in use",
                    "Remove a key first: kist key list, kist key remove.");
}

}  // namespace

std::size_t most_keyslots(const Header& header) {
    return static_cast<std::size_t>(std::max(crypt_keyslot_max(crypt_get_type(header.device())), 0));
}

std::vector<Keyslot> keyslots(const Header& header) {
    std::vector<Keyslot> slots;
    const int most = static_cast<int>(most_keyslots(header));
    for (int number = 0; number < most; ++number) {
        const auto info = crypt_keyslot_status(header.device(), number);
        if (!is_active(info) && info != CRYPT_SLOT_UNBOUND) continue;
        slots.push_back({number, is_active(info) ? KeyslotState::active : KeyslotState::unbound,
                         priority_of(header.device(), number), kdf_of(header.device(), number),
                         tokens_of(header.device(), number)});
    }
    return slots;
}

std::optional<Unlocked> try_key(const Header& header, const Secret& key, const KeyslotChoice& choice) {
    std::optional<Error> trouble;
    for (const auto& slot : worth_trying(header, choice)) {
        try {
            require_affordable(header, slot, choice);
            if (auto unlocked = try_keyslot(header, slot.number, key)) return unlocked;
        } catch (const Error& error) {  // the key may be another slot's
            trouble = error;
        }
    }
    if (trouble) throw Error(*trouble);
    return std::nullopt;
}

int add_key(const Header& header, const Secret& volume_key, const Secret& key, const KdfCost& cost) {
    require_room(header);
    const auto doing = "cannot add a key to " + os::printable(header.path());
    const auto kdf = pbkdf(cost, crypt_get_type(header.device()));
    require(crypt_set_pbkdf_type(header.device(), &kdf), doing);
    const int slot = crypt_keyslot_add_by_volume_key(header.device(), CRYPT_ANY_SLOT, characters(volume_key),
                                                     volume_key.size(), characters(key), key.size());
    require(slot, doing);
    return slot;
}

int require_removable(const Header& header, int number) {
    const auto info = crypt_keyslot_status(header.device(), number);
    if (info == CRYPT_SLOT_INVALID || info == CRYPT_SLOT_INACTIVE)
        throw Error(ErrorCode::not_found,
                    "there is no key in slot " + std::to_string(number) + " of " + os::printable(header.path()),
                    "kist key list shows the slots.");
    if (info == CRYPT_SLOT_ACTIVE_LAST)
        throw Error(ErrorCode::usage,
                    "slot " + std::to_string(number) + " holds the last key of " + os::printable(header.path()) +
                        ": without it nobody could open the volume any more",
                    "Add another key first: kist key add.");
    return number;
}

void remove_keyslot(const Header& header, int number) {
    require_removable(header, number);
    const auto tokens = tokens_that_lead_to(header.device(), number);
    const auto doing = "cannot remove key slot " + std::to_string(number) + " of " + os::printable(header.path());
    require(crypt_keyslot_destroy(header.device(), number), doing);
    for (const int token : tokens)
        if (!leads_somewhere(header.device(), token, most_keyslots(header)))
            require(crypt_token_json_set(header.device(), token, nullptr), doing);
}

int replace_key(const Header& header, const Unlocked& old, const Secret& key, const KdfCost& cost) {
    const auto priority = crypt_keyslot_get_priority(header.device(), old.keyslot);
    const int slot = add_key(header, old.volume_key, key, cost);
    if (!try_keyslot(header, slot, key)) {
        remove_keyslot(header, slot);
        throw Error(ErrorCode::failed, "the new key does not open " + os::printable(header.path()) + " again",
                    "The old key is as it was. Is the disk all right?");
    }
    if (priority == CRYPT_SLOT_PRIORITY_PREFER) crypt_keyslot_set_priority(header.device(), slot, priority);
    remove_keyslot(header, old.keyslot);
    return slot;
}

}  // namespace kist::luks
