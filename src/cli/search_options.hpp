#pragma once
// What `find` looks for, as options say it.

#include "kist/look/search.hpp"

#include "cli/options.hpp"
#include "cli/snapshot_choice.hpp"

#include <string>
#include <vector>

namespace kist::cli {

class SearchOptions {
  public:
    void declare(Options& options);
    // Errors: usage, naming the option; not_found for a snapshot that is not there.
    look::Wanted wanted(repository::Catalog& catalog, const SnapshotFilter& filter, Timestamp now) const;

  private:
    void put_sizes(look::Wanted& wanted) const;
    void put_types(look::Wanted& wanted) const;

    std::vector<std::string> globs_;
    std::string regex_;
    std::vector<std::string> sizes_;
    std::string newer_;
    std::string older_;
    std::string types_;
    std::string in_snapshot_;
    std::string changed_in_;
};

}  // namespace kist::cli
