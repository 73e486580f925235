#include "kist/backup/listed_names.hpp"

#include <algorithm>
#include <string_view>

namespace kist::backup {

ListedName tree_of(const std::vector<std::string>& names) {
    ListedName root;
    for (const std::string_view name : names) {
        auto* at = &root;
        for (std::size_t begin = 0; begin < name.size();) {
            const auto end = std::min(name.find('/', begin), name.size());
            const auto part = name.substr(begin, end - begin);
            begin = end + 1;
            if (part.empty() || part == ".") continue;
            auto& below = at->below[std::string(part)];
            if (!below) below = std::make_unique<ListedName>();
            at = below.get();
        }
        at->is_listed = true;
    }
    return root;
}

}  // namespace kist::backup
