#include "repository/chain_length.hpp"

#include "repository/delta_chain.hpp"

namespace kist::repository {

ChainLength::ChainLength(sqlite::Database& catalog)
    : followers_(catalog.prepare(
          "WITH RECURSIVE follower(id, depth) AS (SELECT ?1, 0 UNION ALL SELECT k.id, depth + 1 FROM follower f "
          "JOIN main.content k ON k.base = f.id WHERE depth < ?2) SELECT max(depth) FROM follower")) {}

bool ChainLength::has_room_below(ContentId content) {
    followers_.bind(1, content).bind(2, static_cast<std::int64_t>(kLongestChain)).step();
    const auto longest = followers_.integer(0);
    followers_.reset();
    return longest < static_cast<std::int64_t>(kLongestChain);
}

}  // namespace kist::repository
