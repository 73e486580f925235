#pragma once
// Texts in secrets.

#include "kist/base/secret.hpp"
#include "kist/os/file.hpp"

#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>

namespace kist::mailproto {

inline std::string_view view_of(const Secret& secret) noexcept {
    const auto bytes = secret.expose();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Secret joined(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const auto part : parts) size += part.size();
    Secret whole(size);
    std::size_t at = 0;
    for (const auto part : parts) {
        if (!part.empty()) std::memcpy(whole.expose().data() + at, part.data(), part.size());
        at += part.size();
    }
    return whole;
}

}  // namespace kist::mailproto
