#include "udisks/message.hpp"

#include "kist/os/directory.hpp"

#include <cstdint>

namespace kist::udisks {
namespace {

constexpr std::uint64_t kPatience = 300'000'000;  // microseconds

struct BusError {
    BusError() = default;
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    ~BusError() { sd_bus_error_free(&error); }
    sd_bus_error error = SD_BUS_ERROR_NULL;
};

bool contains(const std::string& text, const char* words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

void require(int result, const std::string& doing) {
    if (result < 0) throw Error::from_errno(-result, doing);
}

Error error_of(const std::string& name, const std::string& text, const std::string& doing) {
    const auto message = doing + ": " + os::printable(text);
    if (contains(name, ".NotAuthorized"))
        return {ErrorCode::failed, doing + ": udisks does not allow it",
                "Log in at the machine itself, have polkit's rules changed, or try again with sudo."};
    if (contains(name, ".DeviceBusy") || contains(text, "target is busy"))
        return {ErrorCode::busy, message, "End the processes that use it, then try again."};
    // What libcryptsetup says when no keyslot fits, in the words of libblockdev 2 and 3.
    const bool is_wrong_key = contains(text, "Error unlocking") &&
                              (contains(text, "Operation not permitted") || contains(text, "Incorrect passphrase"));
    if (is_wrong_key) return {ErrorCode::no_key, doing + ": no keyslot fits this key"};
    return {ErrorCode::failed, message};
}

Message call(sd_bus* bus, Message request, const std::string& doing) {
    require(sd_bus_message_set_allow_interactive_authorization(request.get(), 1), doing);
    BusError answer;
    sd_bus_message* reply = nullptr;
    const int result = sd_bus_call(bus, request.get(), kPatience, &answer.error, &reply);
    Message owned(reply);
    if (result >= 0) return owned;
    if (answer.error.name == nullptr) throw Error::from_errno(-result, doing);
    throw error_of(answer.error.name, answer.error.message != nullptr ? answer.error.message : "", doing);
}

}  // namespace kist::udisks
