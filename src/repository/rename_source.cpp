#include "kist/repository/rename_source.hpp"

#include "kist/base/error.hpp"

#include "repository/history_commit.hpp"

#include <fmt/format.h>

namespace kist::repository {

void rename_sources(const Repository& repository, const std::vector<SourceId>& sources, const std::string& name) {
    WritingSession session(repository);
    const auto change_rows = [&](sqlite::Database& catalog, Removed&) {
        auto rename = catalog.prepare("UPDATE main.source SET name = ?2 WHERE id = ?1");
        for (const auto id : sources) {
            rename.bind(1, id).bind_text(2, name).run();
            if (catalog.changes() != 1)
                throw Error(ErrorCode::not_found, fmt::format("there is no source with the id {} any more", id));
        }
    };
    Removed nothing;
    commit_history(session, {.change_rows = change_rows, .renamed = sources}, nothing);
    carry_out_history(session);
}

}  // namespace kist::repository
