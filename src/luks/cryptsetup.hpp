#pragma once
// libcryptsetup's handles and the one place that turns its return codes into Error.

#include "kist/base/secret.hpp"

#include <memory>
#include <string>

struct crypt_device;

namespace kist::luks {

struct FreeDevice {
    void operator()(crypt_device* device) const noexcept;
};
using CryptDevice = std::unique_ptr<crypt_device, FreeDevice>;

// Before calls that take no handle: their messages would go to standard error.
void silence_library() noexcept;

// path: a block device or file. The library's own messages go nowhere: `fail` says what went wrong.
CryptDevice open_device(const std::string& path);
// The header's file, and the device with the data.
CryptDevice open_device(const std::string& header_file, const std::string& data_device);

inline const char* characters(const Secret& secret) {
    return reinterpret_cast<const char*>(secret.expose().data());
}

// result: a negative errno.
[[noreturn]] void fail(int result, const std::string& doing);
inline void require(int result, const std::string& doing) {
    if (result < 0) fail(result, doing);
}

}  // namespace kist::luks
