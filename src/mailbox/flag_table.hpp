#pragma once
// Sets of flags by number: most messages of a mailbox have one of a few.

#include "mailbox/maildir_name.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kist::mailbox {

class FlagTable {
  public:
    using Index = std::uint32_t;

    Index index_of(const MessageFlags& flags) {
        const auto [at, is_new] =
            numbers_.try_emplace({flags.letters, flags.keywords}, static_cast<Index>(flags_.size()));
        if (is_new) flags_.push_back(flags);
        return at->second;
    }
    const MessageFlags& at(Index index) const { return flags_[index]; }

  private:
    std::map<std::pair<std::string, std::string>, Index> numbers_;
    std::vector<MessageFlags> flags_;
};

}  // namespace kist::mailbox
