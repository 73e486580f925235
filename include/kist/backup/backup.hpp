#pragma once
// A backup run: what differs between a source and its newest snapshot becomes a new snapshot.

#include "kist/backup/listed_names.hpp"
#include "kist/base/timestamp.hpp"
#include "kist/repository/repository.hpp"
#include "kist/repository/run.hpp"
#include "kist/repository/run_group.hpp"
#include "kist/selection/boundaries.hpp"
#include "kist/selection/selection.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::backup {

enum class Phase : std::uint8_t { scanning, copying, committing };

// Written by the run's threads, read by whoever draws it.
struct Progress {
    std::atomic<Phase> phase = Phase::scanning;
    std::atomic<std::uint64_t> entries_seen = 0;
    std::atomic<std::uint64_t> files_done = 0;
    std::atomic<std::uint64_t> files_total = 0;  // known when copying begins
    std::atomic<std::uint64_t> bytes_done = 0;
    std::atomic<std::uint64_t> bytes_total = 0;
};

// A file or directory by filesystem and inode.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
};

// Whether a source is read from a snapshot of its btrfs subvolume or thin logical volume, as of one moment. What other
// filesystems and subvolumes below it hold is read live. Those that name a kind require it.
enum class SourceSnapshotUse : std::uint8_t { never, where_possible, btrfs, lvm };

// How SQLite databases are read that a program has open (a -wal file stands beside them).
enum class OpenDatabases : std::uint8_t {
    as_files,
    online,  // as SQLite's own backup would, as of one transaction, and without their -wal and -shm
};

struct BackupOptions {
    std::string host;
    std::string path;                  // of the source: a directory or any other single file
    std::string name{};                // of the source, from the configuration; empty: it keeps the one it has
    std::optional<Timestamp> time;     // the snapshot's; else the clock's when the run begins
    std::vector<std::string> tags{};   // of the snapshot, in any order
    selection::Selection selection{};  // which names of a directory are backed up; not asked about the source itself
    selection::Boundaries boundaries{};
    const ListedName* listed = nullptr;  // of a directory: what of it; nullptr: everything
    std::vector<FileIdentity> left_out;  // not backed up: the volume's own container file, for one
    SourceSnapshotUse source_snapshot = SourceSnapshotUse::never;
    OpenDatabases open_databases = OpenDatabases::as_files;  // in a snapshot they are whole with their -wal as it is
    unsigned threads = 0;                                    // 0: one for each core
    Progress* progress = nullptr;
    const std::atomic<bool>* interrupted = nullptr;  // set: stop soon, and leave everything as it was
};

struct BackupSummary {
    repository::RunSummary run;
    std::uint64_t entries_seen = 0;
    std::uint64_t excluded = 0;  // names that a rule or a boundary left out, without what is below them
    std::uint64_t files_read = 0;
    ByteCount bytes_read;
    bool from_source_snapshot = false;
    std::uint64_t databases = 0;         // that were copied online
    std::uint64_t files_taken_over = 0;  // from what an interrupted run had read
    ByteCount bytes_taken_over;
    // Absolute paths of files that were stored as they were read, and will be read again next time.
    std::vector<std::string> changed_while_read;
};

// Errors: failed where a source snapshot is required and cannot be made; not_found for a source that is not there,
// usage for one inside the volume, for a tag that cannot be one and for a list for what is no directory, busy,
// no_space, interrupted; whatever is thrown, the snapshots are those that were there before. What was read by then is
// kept for the source's next run; the hint of an interrupted Error says how much that is. Trouble with single entries
// is in the summary.
BackupSummary back_up(repository::Repository& repository, const BackupOptions& options, const Clock& clock);
// The same beside other sources: each in a thread of its own, all with the same group.
BackupSummary back_up(repository::RunGroup& group, const BackupOptions& options, const Clock& clock);

}  // namespace kist::backup
