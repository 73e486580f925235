#pragma once
// SNAPSHOT[:PATH] as commands take it.

#include "kist/base/timestamp.hpp"
#include "kist/repository/catalog.hpp"
#include "kist/repository/snapshot.hpp"

#include "cli/options.hpp"

#include <string>

namespace kist::cli {

// --source and --host, where a command takes them.
struct SnapshotFilter {
    std::string source;  // name or path; empty: any
    std::string host;
    bool is_mail = false;  // --mail: only mailboxes, and paths are /ACCOUNT/FOLDER

    void declare(Options& options);
    bool fits(const repository::Source& its) const;
    std::string wanted_host() const;  // empty: any
};

struct SnapshotChoice {
    repository::Source source;
    repository::Snapshot snapshot;
    std::string path;  // absolute; the source's root where none was given
};

// Errors: usage and not_found as repository/snapshot_name.hpp says.
SnapshotChoice choose_snapshot(repository::Catalog& catalog, const std::string& text, const SnapshotFilter& filter,
                               Timestamp now);

// [SNAPSHOT:]PATH: what begins with a slash is meant in the newest snapshot. Errors: as above.
SnapshotChoice choose_path(repository::Catalog& catalog, const std::string& text, const SnapshotFilter& filter,
                           Timestamp now);

// The entry at choice.path. Errors: not_found.
repository::Entry find_entry(repository::Catalog& catalog, const SnapshotChoice& choice);

std::string this_host();  // the name under which this machine's sources are kept

}  // namespace kist::cli
