#pragma once
// The options that say what of a source is backed up: those of `backup` and `explain`.

#include "kist/backup/backup.hpp"
#include "kist/config/configuration.hpp"
#include "kist/selection/boundaries.hpp"
#include "kist/selection/selection.hpp"

#include "cli/options.hpp"

#include <optional>
#include <string>
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
    selection::Boundaries boundaries(const config::Source* configured, Timestamp now) const;
    std::optional<backup::ListedName> listed() const;  // reads the list

  private:
    std::vector<Options::Given> rules_;
    bool no_defaults_ = false;
    bool one_filesystem_ = false;
    bool no_caches_ = false;
    bool no_nodump_ = false;
    std::vector<std::string> tags_;
    std::string smallest_;
    std::string largest_;
    std::string newer_than_;
    std::string older_than_;
    std::string files_from_;
    bool from0_ = false;
};

}  // namespace kist::cli
