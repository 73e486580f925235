#pragma once
// The options that say what of a source is backed up: those of `backup` and `explain`.

#include "kist/backup/backup.hpp"
#include "kist/selection/selection.hpp"

#include "cli/options.hpp"

#include <string>
#include <utility>
#include <vector>

namespace kist::cli {

class SelectionOptions {
  public:
    void declare(Options& options);
    // Both throw usage Errors that name the option.
    selection::Selection selection() const;
    backup::Boundaries boundaries() const;

  private:
    std::vector<Options::Given> rules_;
    bool no_defaults_ = false;
    bool one_filesystem_ = false;
    bool no_caches_ = false;
    std::string smallest_;
    std::string largest_;
};

}  // namespace kist::cli
