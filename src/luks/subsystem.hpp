#pragma once
// The values of a LUKS2 header's subsystem field that Kist writes.

namespace kist::luks {

constexpr const char* kInPreparation = "kist-preparing";
constexpr const char* kComplete = "kist";

}  // namespace kist::luks
