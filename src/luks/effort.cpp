#include "luks/effort.hpp"

#include "kist/base/byte_count.hpp"
#include "kist/base/error.hpp"
#include "kist/luks/keyslots.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "luks/cryptsetup.hpp"
#include "luks/json_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string_view>

#include <endian.h>
#include <fcntl.h>
#include <libcryptsetup.h>

namespace kist::luks {
namespace {

constexpr std::uint64_t kMostPasses = 100'000'000;
constexpr ByteCount kMostWritten = 256 * kGiB;

// LUKS1's header (on-disk format 1.2.3) has one digest, with its number of passes here, big-endian.
constexpr std::uint64_t kLuks1PassesBegin = 164;

std::uint64_t luks1_passes(const std::string& path) {
    const os::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    std::array<std::uint32_t, 1> passes{};
    os::read_at(fd.get(), kLuks1PassesBegin, std::as_writable_bytes(std::span(passes)), path);
    return be32toh(passes[0]);
}

// What is no number counts as endless.
std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : UINT64_MAX;
}

std::uint64_t luks2_passes(crypt_device* device, const std::string& path) {
    const char* json = nullptr;
    require(crypt_dump_json(device, &json, 0), "cannot read the LUKS header of " + os::printable(path));
    std::uint64_t most = 0;
    for (const auto& [number, digest] : json_members(json_member(json, "digests")))
        most = std::max(most, number_in(json_member(digest, "iterations")));
    return most;
}

[[noreturn]] void refuse(const std::string& what, const std::string& path) {
    throw Error(ErrorCode::damaged,
                what + " of " + os::printable(path) + " asks for more work than any key needs: a try would take hours",
                "Do not write to the volume. A saved copy of its header brings it back.");
}

}  // namespace

void require_bearable_digests(crypt_device* device, const std::string& path) {
    const bool is_luks1 = std::string_view(crypt_get_type(device)) == CRYPT_LUKS1;
    if ((is_luks1 ? luks1_passes(path) : luks2_passes(device, path)) > kMostPasses) refuse("the LUKS header", path);
}

void require_bearable(const Keyslot& slot, const std::string& path) {
    const bool is_bearable = slot.kdf.memory.value == 0 ? slot.kdf.passes <= kMostPasses
                                                        : slot.kdf.passes <= kMostWritten.value / slot.kdf.memory.value;
    if (!is_bearable) refuse("key slot " + std::to_string(slot.number), path);
}

}  // namespace kist::luks
