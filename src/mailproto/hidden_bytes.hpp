#pragma once
// The secrets of a connection, found again in texts.

#include "kist/base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

class HiddenBytes {
  public:
    void add(const Secret& secret);                 // shorter than 4 bytes, or known already: left out
    std::string mask(std::string_view text) const;  // each occurrence becomes "***"

  private:
    std::vector<Secret> secrets_;  // the longest first: one may hold another
};

}  // namespace kist::mailproto
