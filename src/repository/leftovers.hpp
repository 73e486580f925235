#pragma once
// What interrupted runs have staged, so that the next run of the same files need not read them again.
//
//   staging/resume.sqlite   which source file (filesystem, inode, size, times) lies where, with its content hash
//   staging/in              of the runs that are at work, or were
//   staging/before/N        what was staging/in of the runs whose folder is N
//
// A file is listed only after it has been synced, so a list that survives a power failure can be believed. Losing any
// of it costs reading again, no more; trouble with it is no error.

#include "kist/base/digest.hpp"
#include "kist/repository/run.hpp"
#include "kist/sqlite/database.hpp"

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

// Threads: any.
class Leftovers {
  public:
    // source: of the run that begins, with the writer's lock held. staging must outlive it. Runs that are at work side
    // by side have one each.
    Leftovers(const Repository& repository, const os::Directory& staging, const Source& source);

    // Links the staged copy of this very version of a source file to `name`; nullopt where there is none.
    std::optional<Digest> take(const os::FileStatus& source, const os::Directory& to, const std::string& name);
    // The same for what never changes: device, inode and birth time alone are compared.
    std::optional<TakenOver> take_unchanging(const os::FileStatus& source, const os::Directory& to,
                                             const std::string& name);

    // Files that the run at work has staged; every few seconds they are synced and listed.
    void note(const std::vector<StagedChange>& staged);
    // Lists what is left to be listed, because the run ends here.
    void keep();
    InterruptedRun kept();  // of this source
    // The run was committed: nothing of this source is of use any more. The last call.
    void discard();

    // Moves what a run left in staging/in to its place in staging/before, where there is a list of it, and removes
    // everything else in staging.
    static void put_aside(const Repository& repository, const os::Directory& staging);
    // Removes from staging/before what is not listed. While no run is at work.
    static void sweep(const Repository& repository, const os::Directory& staging);
    static std::vector<InterruptedRun> list(const Repository& repository);

  private:
    struct Row {
        os::FileStatus source;
        Digest hash;
        std::string path;  // below staging/in
        std::uint64_t object = 0;
    };

    std::optional<TakenOver> link_found(sqlite::Statement& row, const os::Directory& to, const std::string& name);
    bool is_due() const;
    void list_pending();
    void open(sqlite::OpenMode mode);
    void begin_run();
    void write(const std::vector<Row>& rows);

    const os::Directory& staging_;
    const Source source_;
    const std::string path_;

    std::mutex mutex_;  // guards the rest
    std::optional<sqlite::Database> database_;
    std::optional<std::int64_t> run_;  // when it has been listed
    std::vector<Row> pending_;
    std::uint64_t pending_bytes_ = 0;
    std::chrono::steady_clock::time_point listed_;
    std::mutex listing_;  // held while files are synced and listed
    bool has_failed_ = false;
};

}  // namespace kist::repository
