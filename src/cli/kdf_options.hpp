#pragma once
// --pbkdf-memory, --iter-time and --pbkdf-force-iterations, wherever a new key gets a slot.

#include "kist/luks/header.hpp"

#include "cli/options.hpp"

#include <cstdint>
#include <string>

namespace kist::cli {

class KdfOptions {
  public:
    void declare(Options& options);
    luks::KdfCost cost() const;  // Errors: usage for what is no size, too little, or contradicts itself

  private:
    std::string memory_;
    std::int64_t milliseconds_ = 0;
    std::int64_t iterations_ = 0;
};

}  // namespace kist::cli
