#pragma once
// One restore of a directory, in two passes over the catalog, which is held in one state throughout:
//   1  one thread walks from the top, makes directories (0700) and hands out what they hold, in batches, to the others,
//      who place it; of a file with several names only the first is placed;
//   2  one thread walks again, links the other names, and gives each directory its metadata after all that is in it.
// Memory grows with the number of directories and of hard-linked files, not with that of files.

#include "kist/base/error.hpp"
#include "kist/os/bounded_queue.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"

#include "restore/placer.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace kist::restore {

class Restorer {
  public:
    // All must outlive the object.
    Restorer(const repository::Repository& repository, const RestoreOptions& options, repository::Catalog& catalog,
             Tally& tally);

    // Its contents go into target.
    void restore_directory(const repository::Entry& root, const Destination& target);
    // Anything else, as target/name.
    void restore_single(const repository::Entry& entry, const std::string& name, const Destination& target);

  private:
    enum class Folder : std::uint8_t { made, merged, absent, finished };
    struct Batch {
        Destination destination;
        std::string path;  // of that, below the target, with a slash at the end where it is not empty
        std::vector<repository::Entry> entries;
    };
    struct Level;  // of the second pass

    void walk(const repository::Entry& root);
    void visit_folder(repository::NodeId node, const std::string& path,
                      std::vector<std::pair<repository::NodeId, std::string>>& below);
    void hand_out(Batch&& batch);
    Folder enter(const Destination& parent, const std::string& path, const repository::Entry& entry);
    Folder make_or_merge(const os::Directory& parent, const std::string& name);
    bool is_another_name(const std::string& path, const repository::Entry& entry);
    void work();
    // true: it is there now. Trouble is counted.
    bool place_entry(Workplace& workplace, Placer& placer, const std::string& path, const repository::Entry& entry,
                     const std::string& name);
    void count(Placed placed, const std::string& path, const repository::Entry& entry);
    void count_failure(const Error& error, const std::string& path);  // throws it again where it concerns everything

    void finish(const repository::Entry& root);
    Level open_level(repository::NodeId node, const std::string& path, const std::string& name, Placer& placer);
    void link_name(Workplace& workplace, Placer& placer, const std::string& path, const repository::Entry& entry);
    void conclude(const Level& level, const repository::Entry& entry);

    std::string shown(const std::string& path) const;  // below the target, as an absolute path in the source

    const repository::Repository& repository_;
    const RestoreOptions& options_;
    repository::Catalog& catalog_;
    Tally& tally_;
    OwnerMap owners_;
    MetadataApplier metadata_;
    os::BoundedQueue<Batch> queue_;
    std::optional<os::Directory> target_;
    std::unordered_map<repository::NodeId, Folder> folders_;
    std::unordered_map<repository::NodeId, std::string> first_names_;  // of hard-linked files: path below the target
    std::mutex mutex_;
    std::unordered_set<repository::NodeId> unplaced_;  // whose first name could not be placed; guarded by mutex_
};

}  // namespace kist::restore
