#pragma once
// The options that say what of a source is backed up: those of `backup` and `explain`.

#include "kist/backup/backup.hpp"
#include "kist/config/configuration.hpp"
#include "kist/selection/selection.hpp"

#include "cli/options.hpp"

#include <string>
#include <utility>
#include <vector>

namespace kist::cli {

class SelectionOptions {
  public:
    void declare(Options& options);
    // What the options themselves say. Once: it may read standard input. Errors of all: usage, naming the option or the
    // line.
    selection::Selection given() const;
    // With what the configuration says of the source behind it (nullptr: nothing), and the defaults behind that.
    selection::Selection selection(selection::Selection given, const config::Source* configured) const;
    backup::Boundaries boundaries(const config::Source* configured) const;

  private:
    std::vector<Options::Given> rules_;
    bool no_defaults_ = false;
    bool one_filesystem_ = false;
    bool no_caches_ = false;
    std::string smallest_;
    std::string largest_;
};

}  // namespace kist::cli
