#pragma once
// Which of a volume's sources `source rename` means, and whether they may have the new name.

#include "kist/repository/snapshot.hpp"

#include <string>
#include <vector>

namespace kist::cli {

enum class Joining { refuse, allow };  // other sources that have the new name already

struct SourceRenaming {
    std::string old_name;  // a name, which several paths may have, or one path
    std::string new_name;  // "": none any more
    std::string host;      // only its sources; "": this machine's, and where it has none the only other's
    std::string this_host;
    Joining joining = Joining::refuse;
};

// All on one host. Errors: usage for a name that none can be, is taken on that host, or is meant for one of several
// hosts; not_found where nothing is called so.
std::vector<repository::Source> sources_to_rename(const SourceRenaming& renaming,
                                                  const std::vector<repository::Source>& sources);

}  // namespace kist::cli
