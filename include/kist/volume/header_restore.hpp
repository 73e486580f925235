#pragma once
#include <string>

namespace kist::volume {

// luks::restore_header() for a container or device that is closed and stays so meanwhile; open already is a busy Error.
// What stood there before goes to the new file `undo` first.
void restore_header(const std::string& container, const std::string& file, const std::string& undo);

}  // namespace kist::volume
