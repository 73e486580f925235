#pragma once
// The options by which a command is given a new key, beside the global ones that say which key opens the volume now.

#include "kist/base/secret.hpp"
#include "kist/luks/header.hpp"

#include "cli/kdf_options.hpp"
#include "cli/key_input.hpp"
#include "cli/options.hpp"

#include <string>
#include <string_view>

namespace kist::cli {

// Standard input can give one key only. Errors: usage.
void require_one_from_standard_input(const KeyOptions& now, const std::string& other_file,
                                     std::string_view other_option);

class NewKey {
  public:
    void declare(Options& options);
    void require_sensible(const KeyOptions& now) const;  // before anything is asked
    Secret read(std::string_view volume) const;          // from the terminal twice
    luks::KdfCost cost() const { return kdf_.cost(); }

  private:
    KeyOptions source_;
    KdfOptions kdf_;
};

}  // namespace kist::cli
