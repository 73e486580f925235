#include "kist/luks/tokens.hpp"

#include "kist/os/directory.hpp"

#include "luks/cryptsetup.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <libcryptsetup.h>

namespace kist::luks {
namespace {

struct FreeContext {
    void operator()(crypt_keyslot_context* context) const noexcept { crypt_keyslot_context_free(context); }
};
using KeyslotContext = std::unique_ptr<crypt_keyslot_context, FreeContext>;

std::string reason(int result) {
    switch (-result) {
        case EAGAIN:
            return "its device is not plugged in";
        case ENOENT:
            return "nothing here can handle it";
        case EPERM:
            return "its key fits no slot";
        case ENOANO:
            return "it wants a PIN";
        default:
            return std::strerror(-result);
    }
}

KeyslotContext token_context(const Header& header, const Secret& pin) {
    crypt_keyslot_context* made = nullptr;
    require(crypt_keyslot_context_init_by_token(header.device(), CRYPT_ANY_TOKEN, nullptr,
                                                pin.empty() ? nullptr : characters(pin), pin.size(), nullptr, &made),
            "cannot use the tokens of " + os::printable(header.path()));
    return KeyslotContext(made);
}

}  // namespace

bool has_unlocking_token(const Header& header) {
    const int most = crypt_token_max(crypt_get_type(header.device()));
    for (int token = 0; token < most; ++token) {
        const char* type = nullptr;
        const auto info = crypt_token_status(header.device(), token, &type);
        if (info != CRYPT_TOKEN_INVALID && info != CRYPT_TOKEN_INACTIVE && type != kRecoveryToken) return true;
    }
    return false;
}

TokenAttempt unlock_by_token(const Header& header, const Secret& pin) {
    const auto context = token_context(header, pin);
    Unlocked unlocked{0, Secret(header.layout().key_size)};
    auto size = unlocked.volume_key.size();
    const int result = crypt_volume_key_get_by_keyslot_context(
        header.device(), CRYPT_ANY_SLOT, reinterpret_cast<char*>(unlocked.volume_key.expose().data()), &size,
        context.get());
    if (result < 0) return {std::nullopt, result == -ENOANO, reason(result)};
    unlocked.keyslot = result;
    unlocked.volume_key.truncate(size);
    return {std::move(unlocked), false, ""};
}

bool mark_as_recovery(const Header& header, int keyslot) {
    if (crypt_token_max(crypt_get_type(header.device())) <= 0) return false;
    const auto json =
        R"({"type":")" + std::string(kRecoveryToken) + R"(","keyslots":[")" + std::to_string(keyslot) + R"("]})";
    require(crypt_token_json_set(header.device(), CRYPT_ANY_TOKEN, json.c_str()),
            "cannot mark the recovery key of " + os::printable(header.path()));
    return true;
}

}  // namespace kist::luks
