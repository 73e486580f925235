#include "repository/catalog_consistency.hpp"

#include "kist/base/error.hpp"

#include <array>

#include <fmt/format.h>

namespace kist::repository {
namespace {

struct Rule {
    const char* broken;  // what is said when `query` yields rows
    const char* query;   // the ids of the rows that break it
};

constexpr std::array kRules{
    Rule{"a snapshot belongs to no source",
         "SELECT number AS id FROM snapshot WHERE source NOT IN (SELECT id FROM source)"},
    Rule{"an entry belongs to no source", "SELECT id FROM entry WHERE source NOT IN (SELECT id FROM source)"},
    Rule{"an entry ends before it begins", "SELECT id FROM entry WHERE last < first"},
    Rule{"an entry begins after the newest snapshot",
         "SELECT id FROM entry WHERE first > (SELECT ifnull(max(number), 0) FROM snapshot)"},
    Rule{"an entry's source is not the one its root belongs to",
         "SELECT id FROM entry WHERE directory < 0 AND directory <> -source"},
    Rule{"a name stands twice in one directory",
         "SELECT id FROM (SELECT id, first, lag(ifnull(last, 9223372036854775807)) OVER "
         "(PARTITION BY directory, name ORDER BY first) AS before FROM entry) WHERE before >= first"},
    Rule{"a directory stands in two places at once",
         "SELECT id FROM (SELECT id, first, lag(ifnull(last, 9223372036854775807)) OVER "
         "(PARTITION BY node ORDER BY first) AS before FROM entry WHERE type = 1) WHERE before >= first"},
    Rule{"an entry begins in a directory that is not there",
         "SELECT id FROM entry AS e WHERE directory > 0 AND NOT EXISTS (SELECT 1 FROM entry AS d WHERE d.node = "
         "e.directory "
         "AND d.type = 1 AND d.source = e.source AND d.first <= e.first AND (d.last IS NULL OR d.last >= e.first))"},
    Rule{"an entry outlives its directory",
         "SELECT id FROM entry AS e WHERE directory > 0 AND NOT EXISTS (SELECT 1 FROM entry AS d WHERE d.node = "
         "e.directory "
         "AND d.type = 1 AND d.source = e.source AND (d.last IS NULL OR d.last >= e.last))"},
    Rule{"a source has not as many entries as its newest snapshot says",
         "SELECT number AS id FROM snapshot AS s WHERE number = (SELECT max(number) FROM snapshot WHERE source = "
         "s.source) "
         "AND entries <> (SELECT count(*) FROM entry WHERE source = s.source AND last IS NULL)"},
    Rule{"an entry has a content that is not there",
         "SELECT id FROM entry WHERE content IS NOT NULL AND content NOT IN (SELECT id FROM content)"},
    Rule{
        "an entry and its content have different sizes",
        "SELECT entry.id AS id FROM entry JOIN content ON content.id = entry.content WHERE entry.size <> content.size"},
    Rule{"a content is said to be in latest/, but nothing there holds it",
         "SELECT id FROM content WHERE place = 0 AND EXISTS (SELECT 1 FROM entry WHERE content = content.id) "
         "AND NOT EXISTS (SELECT 1 FROM entry WHERE content = content.id AND last IS NULL)"},
    Rule{"a content lies outside of its pack",
         "SELECT id FROM content WHERE place = 1 AND NOT EXISTS "
         "(SELECT 1 FROM pack WHERE pack.number = content.pack AND content.offset < pack.size)"},
    Rule{"a delta has no base, or is in no pack",
         "SELECT id FROM content AS k WHERE base IS NOT NULL AND (place <> 1 OR NOT EXISTS "
         "(SELECT 1 FROM content AS b WHERE b.id = k.base))"},
    Rule{"a chain of deltas has no end",
         "WITH RECURSIVE chain(id, base, length) AS (SELECT id, base, 1 FROM content WHERE base IS NOT NULL UNION ALL "
         "SELECT chain.id, b.base, length + 1 FROM chain JOIN content AS b ON b.id = chain.base "
         "WHERE b.base IS NOT NULL AND length <= 64) SELECT id FROM chain WHERE length > 64"},
    Rule{"a content belongs to no file",
         "SELECT id FROM content AS k WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.content = k.id) "
         "AND NOT EXISTS (SELECT 1 FROM content AS d WHERE d.base = k.id)"},
};

std::vector<std::string> integrity(sqlite::Database& catalog) {
    std::vector<std::string> found;
    auto statement = catalog.prepare("PRAGMA integrity_check(20)");
    while (statement.step())
        if (statement.text(0) != "ok") found.push_back(fmt::format("the catalog's database: {}", statement.text(0)));
    return found;
}

void apply(const Rule& rule, sqlite::Database& catalog, std::vector<std::string>& found) {
    auto statement = catalog.prepare(fmt::format("SELECT count(*), min(id) FROM ({})", rule.query));
    if (statement.step() && statement.integer(0) > 0)
        found.push_back(
            fmt::format("{} ({} of them, the first is {})", rule.broken, statement.integer(0), statement.integer(1)));
}

}  // namespace

std::vector<std::string> find_inconsistencies(sqlite::Database& catalog) {
    auto found = integrity(catalog);
    for (const auto& rule : kRules) apply(rule, catalog, found);
    return found;
}

}  // namespace kist::repository
