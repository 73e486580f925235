#pragma once
// Old contents that are kept as reverse deltas: the way from one to a content that is whole, and its bytes by that way.
// Nothing on the way is trusted: whoever takes a whole content compares it with its hash.

#include "kist/delta/delta.hpp"
#include "kist/delta/range_reader.hpp"
#include "kist/os/fd.hpp"
#include "kist/repository/catalog.hpp"
#include "kist/repository/repository.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

// As many versions that snapshots hold follow each other as deltas at most; then one is kept whole, so that one rotten
// block does not take a year with it.
inline constexpr std::size_t kLongestChain = 29;
// The same with the deltas between them whose versions were forgotten (dependents.cpp).
inline constexpr std::size_t kMostLinks = 58;
// The larger of two versions, where one is compressed against the other in memory.
inline constexpr std::uint64_t kLargestPrefixed = 16U << 20U;

struct DeltaChain {
    std::vector<Content> links;  // the content itself first; each has the next, the last has `bottom`, as its base
    Content bottom;
};

// Up to the first content that has no base, or that `ends_at` holds for. damaged where a base is missing or the chain
// has no end.
DeltaChain chain_of(
    Catalog& catalog, const Content& content,
    const std::function<bool(const Content&)>& ends_at = [](const Content&) { return false; });

// All links as the one delta that makes the first one's content out of the bottom's.
delta::Delta composed(const Repository& repository, const DeltaChain& chain, const delta::RangeReader& bottom);

// What the delta makes, by offset.
delta::RangeReader read_through(delta::Delta delta, delta::RangeReader basis);

// The plain file of a content that is whole. nullopt: there is no such file of its size.
std::optional<os::Fd> find_plain(const Repository& repository, const Content& content, const std::string& mirror_path);
std::optional<os::Fd> find_kept(const Repository& repository, const Content& content);
// For people.
std::string plain_name(const std::string& mirror_path);
std::string kept_name(const Content& content);
// Its bytes.
std::optional<delta::RangeReader> open_plain(const Repository& repository, const Content& content,
                                             const std::string& mirror_path);
std::optional<delta::RangeReader> open_kept(const Repository& repository, const Content& content);
delta::RangeReader open_records(const Repository& repository, const Content& content);

// The bytes of any content, from the first place that has them by the catalog; damaged where none is there.
delta::RangeReader open_content(const Repository& repository, Catalog& catalog, const Content& content);

}  // namespace kist::repository
