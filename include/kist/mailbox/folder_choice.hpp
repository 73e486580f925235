#pragma once
// Which folders of an account are meant, and where a folder's messages lie in its tree. Folders' names are decoded
// here, with "/" between their parts.

#include "kist/base/path_pattern.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kist::mailbox {

// Patterns as for paths (kist/base/path_pattern.hpp): "INBOX", "Lists/*", "/Archive/**". What matches takes all below
// it along.
class FolderChoice {
  public:
    FolderChoice() = default;
    // only: empty: everything. Errors: usage for what is no pattern.
    FolderChoice(const std::vector<std::string>& only, const std::vector<std::string>& excluded);

    bool wants(const std::string& folder) const;

  private:
    std::vector<PathPattern> only_;
    std::vector<PathPattern> excluded_;
};

// Below the account's directory: "INBOX" is "cur", "Lists/kist" is ".Lists.kist/cur".
std::string messages_path(std::string_view folder);

}  // namespace kist::mailbox
