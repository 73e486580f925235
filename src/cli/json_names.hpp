#pragma once
// The parts of JSON output that every command shares.

#include "kist/base/timestamp.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace kist::cli {

using Json = nlohmann::ordered_json;

bool is_utf8(std::string_view text) noexcept;  // RFC 3629, NUL and controls included
std::string base64(std::span<const std::byte> bytes);

// object[key] = path, as it is where it is UTF-8. Otherwise escaped as for people, with the raw bytes beside it as
// `KEY_b64` (RFC 4648).
void put_path(Json& object, const std::string& key, std::string_view path);

}  // namespace kist::cli
