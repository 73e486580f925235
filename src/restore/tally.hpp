#pragma once
// The summary while it grows, and the counters that are shown meanwhile. Threads: any.

#include "kist/os/file_flags.hpp"
#include "kist/restore/restore.hpp"

#include <mutex>

namespace kist::restore {

class Tally {
  public:
    Tally(Progress* progress, const std::atomic<bool>* interrupt) : progress_(progress), interrupt_(interrupt) {}

    void expect(std::uint64_t files, ByteCount bytes);
    void advance(std::uint64_t bytes);  // of a file that is not done yet; take_back() when they turn out wrong
    void take_back(std::uint64_t bytes);
    void file_is_done();  // whatever became of it

    void add_placed(const repository::Metadata& metadata);
    void add_directory();
    void add_unchanged();
    void add_kept();
    void add_beside(const repository::Metadata& metadata);
    void add_deleted();
    void add_not_deleted();
    void withhold_deletion(std::string reason);
    void add_owner_refused();
    void add_attributes_refused(std::uint64_t count);
    void add_flags_refused(std::string path, os::FileFlags flags);  // of 0 nothing
    void add_damaged(std::string path, std::string reason);
    void add_failed(std::string path, std::string reason);
    void add_skipped(std::string path, std::string reason);

    bool has_trouble() const;  // something could not be read or written
    void throw_if_interrupted() const;
    RestoreSummary summary() const;

  private:
    void add(Troubles& troubles, std::string path, std::string reason);

    Progress* const progress_;
    const std::atomic<bool>* const interrupt_;
    mutable std::mutex mutex_;
    RestoreSummary summary_;
};

}  // namespace kist::restore
