#pragma once
// Just enough of JSON to find members in the metadata that libcryptsetup prints.

#include <string_view>
#include <utility>
#include <vector>

namespace kist::luks {

using JsonMembers = std::vector<std::pair<std::string_view, std::string_view>>;

// The members of an object, each with its name (escapes as they are) and its value's text. Anything that does not hold
// together: a damaged Error. The views point into `object`.
JsonMembers json_members(std::string_view object);

// The text of the value of that name, or "".
std::string_view json_member(std::string_view object, std::string_view name);

}  // namespace kist::luks
