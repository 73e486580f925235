#pragma once
// A Catalog's connection and its prepared statements, for those who read from it.

#include "kist/base/deferred_damage.hpp"
#include "kist/repository/catalog.hpp"

#include "repository/catalog_file.hpp"
#include "repository/entry_row.hpp"
#include "repository/mirror_path.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

namespace kist::repository {

// A prepared statement in use: reset, so that it holds no state of the database, when this goes.
class Query {
  public:
    explicit Query(sqlite::Statement& statement) : statement_(statement) { statement_.reset(); }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query() { statement_.reset(); }
    sqlite::Statement* operator->() { return &statement_; }
    sqlite::Statement& operator*() { return statement_; }

  private:
    sqlite::Statement& statement_;
};

// One damaged row does not hide the others: what is wrong with it is thrown after them.
template <typename Read, typename Visit>
void visit_sound_rows(sqlite::Statement& rows, Read read, Visit visit) {
    DeferredDamage damage;
    while (rows.step()) {
        std::optional<decltype(read(rows))> sound;
        damage.attempt([&] { sound = read(rows); });
        if (sound) visit(std::move(*sound));
    }
    damage.surface();
}

struct Catalog::Statements {
    explicit Statements(const std::string& path) : database(open_catalog_for_reading(path)), live_paths(database) {}

    Query query(const std::string& sql) {
        auto found = prepared.find(sql);
        if (found == prepared.end()) found = prepared.emplace(sql, database.prepare(sql)).first;
        return Query(found->second);
    }

    Query entries_where(std::string_view condition) {
        return query(fmt::format("SELECT {} FROM entry WHERE {}", kEntryColumns, condition));
    }

    std::int64_t version() {
        auto version = query("PRAGMA data_version");
        return version->step() ? version->integer(0) : 0;
    }

    // Paths that were climbed before another process committed are not trusted any more.
    LivePaths& paths() {
        const auto now = version();
        if (now != paths_version) live_paths.forget();
        paths_version = now;
        return live_paths;
    }

    sqlite::Database database;
    std::unordered_map<std::string, sqlite::Statement> prepared;
    LivePaths live_paths;
    std::int64_t paths_version = 0;
    int readings = 0;
};

}  // namespace kist::repository
