#pragma once

#include <string>
#include <string_view>

namespace kist::repository {

// A host, or a mail account, as the name of one folder, in latest/files and in a mounted tree: '/', '%', control bytes
// and a leading '.' become %XX; the empty host is "%". Different hosts have different folders. A usage Error for a host
// that is too long to be a name (over 255 bytes). Format: doc/format.md, "Mirror".
std::string mirror_host_folder(std::string_view host);

}  // namespace kist::repository
