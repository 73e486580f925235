#pragma once
// --overwrite and --keep-both, where a command restores.

#include "kist/restore/restore.hpp"

#include "cli/options.hpp"

#include <string>

namespace kist::cli {

class OverwriteOption {
  public:
    void declare(Options& options);
    // Errors: usage.
    restore::Overwrite value() const;

  private:
    std::string when_ = "always";
    bool keep_both_ = false;
};

}  // namespace kist::cli
