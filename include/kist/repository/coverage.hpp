#pragma once
// What checks have read, so that sampled ones read everything in turn, and what they have found. Kept in
// .kist/coverage, which may be lost: then they begin anew.

#include "kist/base/digest.hpp"
#include "kist/base/timestamp.hpp"
#include "kist/repository/repository.hpp"

#include <cstdint>
#include <optional>

namespace kist::repository {

// Contents by the first two bytes of their hashes, as a number: [begin, end). It is the same part whatever comes and
// goes, and as many percent of the contents as of the numbers.
struct HashRange {
    static constexpr std::uint32_t kAll = 1U << 16U;

    std::uint32_t begin = 0;
    std::uint32_t end = kAll;

    bool is_all() const { return begin == 0 && end == kAll; }
    bool contains(const Digest& hash) const;
};

struct Coverage {
    std::uint32_t next = 0;              // where the next sample begins
    std::optional<Timestamp> begun;      // when the round that it belongs to began
    std::optional<Timestamp> completed;  // since when everything has been read: the begin of the last whole round
    std::uint64_t damaged = 0;  // places that the last check or repair with a finding left damaged, `found` then
    std::optional<Timestamp> found;

    unsigned percent() const;  // of the contents that the present round has read; 100 between two rounds
};

Coverage read_coverage(const Repository& repository);
HashRange next_sample(const Coverage& coverage, unsigned percent);  // 1 to 100
// The range has been read, from `began` on. On a volume that is mounted read-only it is forgotten.
void record_coverage(const Repository& repository, const HashRange& range, Timestamp began);
// 0: everything was read, and nothing is damaged any more. Read-only volumes: as above.
void record_damage(const Repository& repository, std::uint64_t damaged, Timestamp found);

}  // namespace kist::repository
