#pragma once
// What the dm-crypt mapping of a volume is called, whether Kist or systemd (by crypttab) makes it: so each finds the
// other's.

#include "kist/base/uuid.hpp"

#include <string>

namespace kist::volume {

inline std::string mapping_name(const Uuid& luks) {
    return "kist-" + to_string(luks);
}

}  // namespace kist::volume
