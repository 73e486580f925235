#pragma once
// Staging: reads what the scan found to differ, once, hashing it on the way, and builds it in .kist/staging with all
// its metadata. One Stager a thread.

#include "kist/backup/backup.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/run.hpp"

#include "backup/owner_names.hpp"
#include "backup/source_tree.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace kist::backup {

// Shared by all threads of a run.
struct StagingTotals {
    std::atomic<std::uint64_t> files_read = 0;
    std::atomic<std::uint64_t> bytes_read = 0;
    std::atomic<std::uint64_t> databases = 0;  // of files_read: those that were copied online
    std::atomic<std::uint64_t> files_taken_over = 0;
    std::atomic<std::uint64_t> bytes_taken_over = 0;
    std::atomic<bool> failed = false;  // in one thread: the others stop
    OwnerNames owners;
    std::mutex mutex;
    std::vector<std::string> changed_while_read;  // guarded by mutex
};

class Stager {
  public:
    Stager(repository::Run& run, const SourceTree& tree, const BackupOptions& options, StagingTotals& totals);

    // Takes batches until there are none left in this pass.
    void work(repository::Pass pass);

  private:
    using StagedChange = repository::StagedChange;

    void stage(repository::Pass pass, std::vector<StagedChange>& batch);
    void stage(repository::Pass pass, StagedChange& staged);
    void make_folder(const StagedChange& staged);
    void describe_directory(const os::Directory& parent, const std::string& name, StagedChange& staged);
    void stage_directory(const os::Directory& parent, const std::string& name, StagedChange& staged);
    void stage_regular(const os::Directory& parent, const std::string& name, StagedChange& staged);
    static void make_special(const os::Directory& target, const std::string& name, StagedChange& staged);
    void stage_special(const os::Directory& parent, const std::string& name, StagedChange& staged);

    bool take_database(const os::Directory& parent, const std::string& name, const os::FileStatus& status,
                       StagedChange& staged);
    bool take_renamed(const os::FileStatus& status, StagedChange& staged);
    bool take_unchanged(int file, const os::FileStatus& status, StagedChange& staged);
    bool take_over(const os::FileStatus& status, StagedChange& staged);
    bool take_difference(int file, const os::FileStatus& status, StagedChange& staged);
    void copy(int file, os::FileStatus status, StagedChange& staged);
    void conclude_copy(const os::FileStatus& status, const os::Directory& parent, const os::Fd& target,
                       StagedChange& staged);
    void copy_once(int file, const os::FileStatus& status, int target, StagedChange& staged);
    void read_content(int file, const os::FileStatus& status, int target, const std::string& name);
    void describe(const os::FileStatus& status, StagedChange& staged);
    void conclude(StagedChange& staged, bool same_content);

    struct Place {
        const os::Directory* directory;
        std::string name;
    };
    std::optional<Place> find_source(const StagedChange& staged);
    const os::Directory& staged_parent(const std::string& path);
    std::string absolute_path(const StagedChange& staged) const;
    void check_interrupted() const;
    void count_file(std::uint64_t size);

    repository::Run& run_;
    const SourceTree& tree_;
    const BackupOptions& options_;
    StagingTotals& totals_;
    delta::ContentHasher hasher_;
    std::vector<std::byte> buffer_;
    std::uint64_t hashed_ = 0;  // bytes of the content that is being read
    std::optional<std::string> source_path_;
    std::optional<os::Directory> source_;
    std::optional<std::string> target_path_;
    std::optional<os::Directory> target_;
};

}  // namespace kist::backup
