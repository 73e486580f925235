#include "repository/source_row.hpp"

#include "repository/entry_row.hpp"

namespace kist::repository {

Source read_source(const sqlite::Statement& row) {
    Source source;
    source.id = row.integer(0);
    source.host = row.text(1);
    source.path = row.text(2);
    source.name = row.text(3);
    require_entry_name(-source.id, source.path);
    return source;
}

Snapshot read_snapshot(const sqlite::Statement& row) {
    Snapshot snapshot;
    snapshot.number = row.integer(0);
    snapshot.source = row.integer(1);
    snapshot.time = timestamp(row.integer(2));
    snapshot.finished = timestamp(row.integer(3));
    snapshot.files = static_cast<std::uint64_t>(row.integer(4));
    snapshot.entries = static_cast<std::uint64_t>(row.integer(5));
    snapshot.bytes = {static_cast<std::uint64_t>(row.integer(6))};
    snapshot.skipped = static_cast<std::uint64_t>(row.integer(7));
    return snapshot;
}

}  // namespace kist::repository
