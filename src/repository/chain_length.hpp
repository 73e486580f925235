#pragma once
// How many deltas follow each other down to a content: one more has to be allowed before it is kept as one itself.

#include "kist/repository/entry.hpp"
#include "kist/sqlite/database.hpp"

namespace kist::repository {

// catalog must outlive it. One thread at a time.
class ChainLength {
  public:
    explicit ChainLength(sqlite::Database& catalog);

    // Whether what has this content as its base, directly or by others, leaves room for one more delta.
    bool has_room_below(ContentId content);
    // How many deltas stand on it, one on the other.
    std::size_t links_above(ContentId content);

  private:
    struct Length {
        std::size_t links;
        std::size_t versions;  // those of them that some snapshot holds
    };
    Length above(ContentId content);

    sqlite::Statement followers_;
};

}  // namespace kist::repository
