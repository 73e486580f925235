#pragma once
// A volume that Kist makes carries "kist-preparing" in its LUKS2 header (the field `subsystem`) until everything is on
// it, so that an interrupted preparation is known for what it is. The volumes of other programs count as complete.

#include <string>

namespace kist::luks {

// path: a block device or file. Also true for a header that was interrupted while it was written; false where there
// is none, and for one that is damaged.
bool is_in_preparation(const std::string& path);
// Whether its LUKS2 header says that Kist has made it, and finished. false also where there is no such header.
bool is_made_by_kist(const std::string& path);
// May be open meanwhile.
void mark_complete(const std::string& path);

}  // namespace kist::luks
