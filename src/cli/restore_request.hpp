#pragma once
// What `kist restore` is asked for: its options, and what the library makes of them.

#include "kist/restore/restore.hpp"

#include "cli/options.hpp"
#include "cli/overwrite_option.hpp"
#include "cli/snapshot_choice.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::cli {

class RestoreRequest {
  public:
    void declare(Options& options);

    // What is wrong with the options whatever the repository holds; reads --files-from. Errors: usage, failed.
    void check();
    // Errors: not_found, usage.
    restore::RestoreOptions options(repository::Catalog& catalog, Timestamp now) const;
    bool is_in_place() const { return target_.empty(); }
    bool deletes() const { return delete_; }
    // As the user knows it: PATH and the folder that it goes into.
    struct Names {
        std::string path;
        std::string target;
    };
    Names names(repository::Catalog& catalog, Timestamp now) const;

  private:
    void declare_choice(Options& options);
    void declare_policy(Options& options);
    void declare_owners(Options& options);
    void check_deletion() const;
    std::vector<std::string> files_below(const std::string& path) const;

    std::string what_;
    std::string target_;
    std::vector<std::string> only_;
    std::vector<std::string> exclude_;
    std::string files_from_;
    bool from0_ = false;
    OverwriteOption overwrite_;
    bool quick_check_ = false;
    bool delete_ = false;
    std::int64_t max_delete_ = 0;
    bool ignore_errors_ = false;
    bool numeric_ids_ = false;
    std::string usermap_;
    std::string groupmap_;
    std::string chown_;
    SnapshotFilter filter_;

    restore::RestoreOptions parsed_;  // what check() has understood
    std::vector<std::string> files_;
};

}  // namespace kist::cli
