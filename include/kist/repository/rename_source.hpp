#pragma once
// Another name for sources, as the configuration gives them one: nothing of their snapshots, nor of latest/, changes,
// and the old name can be given back. A commit like any other, whose run record says it.

#include "kist/repository/repository.hpp"
#include "kist/repository/snapshot.hpp"

#include <string>
#include <vector>

namespace kist::repository {

// name: "" takes it away; whether it may be one, and whether it is taken, the caller has judged. Errors: not_found
// where an id names no source; busy, no_space. Any of these leaves everything as it was.
void rename_sources(const Repository& repository, const std::vector<SourceId>& sources, const std::string& name);

}  // namespace kist::repository
