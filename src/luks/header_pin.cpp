#include "kist/luks/header_pin.hpp"

#include "kist/base/error.hpp"
#include "kist/crypto/sha256.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "luks/cryptsetup.hpp"
#include "luks/json_text.hpp"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <libcryptsetup.h>

namespace kist::luks {
namespace {

// LUKS1's header (on-disk format 1.2.3): the key's digest, its salt and its cost stand together.
constexpr std::size_t kLuks1HeaderSize = 592;
constexpr std::size_t kLuks1DigestBegin = 112;
constexpr std::size_t kLuks1DigestSize = 20 + 32 + 4;

using Luks1Header = std::array<std::byte, kLuks1HeaderSize>;

bool is_luks1(const Header& header) {
    return std::string_view(crypt_get_type(header.device())) == CRYPT_LUKS1;
}

Luks1Header read_luks1(const Header& header) {
    const os::Fd fd(open(header.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(header.path()));
    Luks1Header bytes{};
    if (os::read_at(fd.get(), 0, bytes, header.path()) != bytes.size())
        throw Error(ErrorCode::damaged, "the LUKS header of " + os::printable(header.path()) + " is cut short");
    return bytes;
}

std::string_view metadata(const Header& header) {
    const char* json = nullptr;
    require(crypt_dump_json(header.device(), &json, 0), "cannot read the LUKS header of " + header.path());
    return json;
}

// Of the key that encrypts the data: the one that segment 0 refers to.
std::string luks2_digest(std::string_view json) {
    for (const auto& [number, digest] : json_members(json_member(json, "digests"))) {
        if (json_member(digest, "segments").find("\"0\"") == std::string_view::npos) continue;
        std::string fields;
        for (const auto* name : {"type", "hash", "iterations", "salt", "digest"})
            fields.append(json_member(digest, name)).append(",");
        return to_hex(crypto::sha256(os::as_bytes(fields)));
    }
    throw Error(ErrorCode::damaged, "the LUKS header has no digest of its volume key");
}

std::string key_digest(const Header& header) {
    if (!is_luks1(header)) return luks2_digest(metadata(header));
    const auto bytes = read_luks1(header);
    return to_hex(crypto::sha256(std::span(bytes).subspan(kLuks1DigestBegin, kLuks1DigestSize)));
}

}  // namespace

HeaderPin pin_of(const Header& header) {
    return {std::string(crypt_get_cipher(header.device())) + "-" + crypt_get_cipher_mode(header.device()),
            header.layout().sector_size, header.layout().key_size, header.layout().data_offset, key_digest(header)};
}

std::string difference(const HeaderPin& known, const HeaderPin& found) {
    std::string text;
    const auto compare = [&](const char* what, const std::string& was, const std::string& is) {
        if (was != is)
            text += (text.empty() ? "its " : ", its ") + std::string(what) + " was " + os::printable(was) + " and is " +
                    os::printable(is);
    };
    compare("cipher", known.cipher, found.cipher);
    compare("sector size", std::to_string(known.sector_size), std::to_string(found.sector_size));
    compare("key size", std::to_string(known.key_size), std::to_string(found.key_size));
    compare("data offset", std::to_string(known.data_offset), std::to_string(found.data_offset));
    if (known.key_digest != found.key_digest)
        text += std::string(text.empty() ? "" : ", ") + "it is for another volume key";
    return text;
}

Digest metadata_fingerprint(const Header& header) {
    return is_luks1(header) ? crypto::sha256(read_luks1(header)) : crypto::sha256(os::as_bytes(metadata(header)));
}

}  // namespace kist::luks
