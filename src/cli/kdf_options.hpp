#pragma once
// --pbkdf-memory and --iter-time, wherever a new key gets a slot.

#include "kist/luks/header.hpp"

#include "cli/options.hpp"

#include <cstdint>
#include <string>

namespace kist::cli {

class KdfOptions {
  public:
    void declare(Options& options);
    luks::KdfCost cost() const;  // Errors: usage for what is no size, or too little memory

  private:
    std::string memory_;
    std::int64_t milliseconds_ = 0;
};

}  // namespace kist::cli
