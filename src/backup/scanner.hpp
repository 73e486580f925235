#pragma once
// The scan: walks the source in parallel and compares every directory with what the catalog knows of it. Only the
// source is walked; the mirror is never listed.

#include "kist/backup/backup.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/run.hpp"

#include "backup/source_tree.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace kist::backup {

class Scanner {
  public:
    Scanner(repository::Run& run, SourceTree& tree, const BackupOptions& options);

    void scan(unsigned threads);
    std::uint64_t entries_seen() const { return entries_seen_; }
    std::uint64_t excluded() const { return excluded_; }

  private:
    // A directory to be compared. `rival`: the catalog's directory of this name was another one (by inode): it is taken
    // for the same only when it held much the same names.
    struct Job {
        std::string path;
        std::string name;
        repository::NodeId node = 0;
        repository::NodeId parent = 0;
        std::uint64_t device = 0;
        bool is_mount_point = false;
        selection::Folder rules;
        std::vector<std::string> databases;  // names of those that some program has open; sorted
        const ListedName* listed = nullptr;  // what of it is backed up; nullptr: everything
        bool is_new = false;
        std::optional<repository::KnownEntry> rival;
        repository::Change change;  // of a job with a rival: what is added once it is decided
        std::string parent_path;
        bool parent_is_new = false;
    };
    class Worker;

    bool is_left_out(const os::FileStatus& status) const;
    void push(std::vector<Job>&& jobs);
    std::optional<Job> take();
    void done();
    void fail();

    repository::Run& run_;
    SourceTree& tree_;
    const BackupOptions& options_;
    std::vector<FileIdentity> left_out_;

    std::mutex mutex_;  // guards waiting_, working_ and failed_
    std::condition_variable changed_;
    std::vector<Job> waiting_;  // last in, first out: the walk goes deep before it goes wide, so few wait
    unsigned working_ = 0;
    bool failed_ = false;
    std::atomic<std::uint64_t> entries_seen_ = 0;
    std::atomic<std::uint64_t> excluded_ = 0;
};

// The source itself, when it is no directory.
void scan_single_file(repository::Run& run, SourceTree& tree, const BackupOptions& options);

}  // namespace kist::backup
