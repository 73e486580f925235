#include "luks/segments.hpp"

#include "kist/base/byte_count.hpp"
#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include "luks/cryptsetup.hpp"
#include "luks/json_text.hpp"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <libcryptsetup.h>
#include <unistd.h>

namespace kist::luks {
namespace {

constexpr std::uint64_t kOffsetUnit = 512;

std::uint64_t size_of(const std::string& path) {
    const os::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto size = fd ? lseek(fd.get(), 0, SEEK_END) : -1;
    if (size < 0) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    return static_cast<std::uint64_t>(size);
}

// LUKS2's JSON has sizes as strings: "dynamic" is all that there is.
std::optional<std::uint64_t> fixed_size(crypt_device* device, const std::string& name) {
    const char* json = nullptr;
    if (std::string_view(crypt_get_type(device)) != CRYPT_LUKS2) return std::nullopt;
    require(crypt_dump_json(device, &json, 0), "cannot read the LUKS header of " + name);
    const auto segments = json_members(json_member(json, "segments"));
    if (segments.size() != 1)
        throw Error(ErrorCode::failed, name + " cannot be opened: its data lie in " + std::to_string(segments.size()) +
                                           " segments, as while it is reencrypted");
    const auto text = json_member(segments.front().second, "size");
    if (text == "\"dynamic\"" || text.size() < 3) return std::nullopt;
    std::uint64_t size = UINT64_MAX;
    std::from_chars(text.data() + 1, text.data() + text.size() - 1, size);
    return size;
}

}  // namespace

void require_data_on(crypt_device* device, const std::string& data_device, const std::string& name) {
    const auto begin = crypt_get_data_offset(device) * kOffsetUnit;
    const auto end = size_of(data_device);
    const auto size = fixed_size(device, name);
    if (begin < end && (!size || *size <= end - begin)) return;
    throw Error(ErrorCode::damaged,
                "the LUKS header of " + name +
                    " is damaged, or the rest is missing: its data would lie beyond the end, at " +
                    to_string(ByteCount{end}),
                "Was it copied completely?");
}

}  // namespace kist::luks
