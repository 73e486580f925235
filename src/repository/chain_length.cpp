#include "repository/chain_length.hpp"

#include "repository/delta_chain.hpp"

namespace kist::repository {

ChainLength::ChainLength(sqlite::Database& catalog)
    : followers_(catalog.prepare(
          "WITH RECURSIVE follower(id, links, versions) AS (SELECT ?1, 0, 0 UNION ALL SELECT k.id, links + 1, "
          "versions + EXISTS (SELECT 1 FROM main.entry e WHERE e.content = k.id) FROM follower f "
          "JOIN main.content k ON k.base = f.id WHERE links < ?2) SELECT max(links), max(versions) FROM follower")) {}

bool ChainLength::has_room_below(ContentId content) {
    const auto length = above(content);
    return length.links < kMostLinks && length.versions < kLongestChain;
}

std::size_t ChainLength::links_above(ContentId content) {
    return above(content).links;
}

ChainLength::Length ChainLength::above(ContentId content) {
    followers_.bind(1, content).bind(2, static_cast<std::int64_t>(kMostLinks)).step();
    const Length length{static_cast<std::size_t>(followers_.integer(0)),
                        static_cast<std::size_t>(followers_.integer(1))};
    followers_.reset();
    return length;
}

}  // namespace kist::repository
