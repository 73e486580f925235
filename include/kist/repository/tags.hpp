#pragma once

#include <string>
#include <vector>

namespace kist::repository {

// Tags as a snapshot has them: rising, none twice. A usage Error for one that cannot be one.
std::vector<std::string> normal_tags(std::vector<std::string> tags);

}  // namespace kist::repository
