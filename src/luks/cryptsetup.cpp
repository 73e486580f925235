#include "luks/cryptsetup.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <cerrno>

#include <libcryptsetup.h>

namespace kist::luks {
namespace {

void discard_message(int, const char*, void*) {}

}  // namespace

void FreeDevice::operator()(crypt_device* device) const noexcept {
    crypt_free(device);
}

void silence_library() noexcept {
    crypt_set_log_callback(nullptr, discard_message, nullptr);
}

CryptDevice open_device(const std::string& path) {
    return open_device(path, "");
}

CryptDevice open_device(const std::string& header_file, const std::string& data_device) {
    silence_library();
    crypt_device* opened = nullptr;
    const char* const data = data_device.empty() ? nullptr : data_device.c_str();
    require(crypt_init_data_device(&opened, header_file.c_str(), data), "cannot open " + os::printable(header_file));
    CryptDevice device(opened);
    crypt_set_log_callback(device.get(), discard_message, nullptr);
    return device;
}

void fail(int result, const std::string& doing) {
    const int error = -result;
    if (error == EPERM) throw Error(ErrorCode::no_key, doing + ": no key fits");
    if (error == EBUSY || error == EEXIST) throw Error(ErrorCode::busy, doing + ": it is in use");
    throw Error::from_errno(error, doing);
}

}  // namespace kist::luks
