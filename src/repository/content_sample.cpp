#include "repository/content_sample.hpp"

#include "repository/catalog_file.hpp"

#include <algorithm>

namespace kist::repository {

ContentSample::ContentSample(const std::string& catalog_path, std::uint64_t seed)
    : database_(open_catalog_for_reading(catalog_path)), random_(seed) {}

// The distributions of the standard library differ from one to the next. The bias is 2^-64 of `end`.
std::uint64_t ContentSample::below(std::uint64_t end) {
    return random_() % end;
}

std::uint64_t ContentSample::count() {
    auto query = database_.prepare("SELECT count(DISTINCT content) FROM entry WHERE content IS NOT NULL");
    query.step();
    return static_cast<std::uint64_t>(query.integer(0));
}

// Knuth's selection sampling (The Art of Computer Programming, 3.4.2, S).
std::vector<ContentId> ContentSample::exactly(std::uint64_t wanted) {
    const sqlite::Transaction transaction(database_, sqlite::Transaction::Kind::deferred);
    auto left = count();
    wanted = std::min(wanted, left);
    std::vector<ContentId> sample;
    auto query = database_.prepare("SELECT DISTINCT content FROM entry WHERE content IS NOT NULL ORDER BY content");
    for (; sample.size() < wanted && query.step(); --left)
        if (below(left) < wanted - sample.size()) sample.push_back(query.integer(0));
    return sample;
}

std::optional<ContentId> ContentSample::find_after(ContentId content) {
    auto query = database_.prepare("SELECT content FROM entry WHERE content > ?1 ORDER BY content LIMIT 1");
    if (!query.bind(1, content).step()) return std::nullopt;
    return query.integer(0);
}

std::optional<ContentId> ContentSample::next() {
    auto newest = database_.prepare("SELECT max(content) FROM entry WHERE content IS NOT NULL");
    if (!newest.step() || newest.is_null(0) || newest.integer(0) < 1) return std::nullopt;
    auto at = static_cast<ContentId>(below(static_cast<std::uint64_t>(newest.integer(0))));
    // Round the circle of contents, past those that were chosen before.
    for (std::size_t tried = 0; tried <= chosen_.size(); ++tried) {
        auto found = find_after(at);
        if (!found) found = find_after(0);
        if (!found) return std::nullopt;
        if (chosen_.insert(*found).second) return found;
        at = *found;
    }
    return std::nullopt;
}

std::optional<ContentSample::Version> ContentSample::version_of(ContentId content) {
    auto rows = database_.prepare("SELECT count(*) FROM entry WHERE content = ?1");
    if (!rows.bind(1, content).step() || rows.integer(0) == 0) return std::nullopt;
    auto row = database_.prepare("SELECT id, source, first, last FROM entry WHERE content = ?1 LIMIT 1 OFFSET ?2");
    row.bind(1, content).bind(2, static_cast<std::int64_t>(below(static_cast<std::uint64_t>(rows.integer(0)))));
    if (!row.step()) return std::nullopt;
    auto snapshots = database_.prepare(
        "SELECT number FROM snapshot WHERE source = ?1 AND number >= ?2 AND (?3 IS NULL OR number <= ?3)");
    snapshots.bind(1, row.integer(1)).bind(2, row.integer(2)).bind(3, row.optional_integer(3));
    std::vector<SnapshotNumber> numbers;
    while (snapshots.step()) numbers.push_back(snapshots.integer(0));
    if (numbers.empty()) return std::nullopt;
    return Version{row.integer(0), numbers[below(numbers.size())]};
}

}  // namespace kist::repository
