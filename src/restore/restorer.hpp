#pragma once
// One restore of a directory, in passes over the catalog, which is held in one state throughout:
//   1  one thread walks from the top, makes directories (0700) and hands out what they hold, in batches, to the others,
//      who place it; of a file with several names only the first is placed;
//   2  what stands in the way of files and may be deleted goes, the other names are linked, and what is to be immutable
//      or append-only becomes so;
//   3  from below, what the snapshot does not hold is deleted, and each directory gets its metadata after all that is
//      in it.
// Memory grows with the number of directories and of hard links, not with that of files.

#include "kist/os/bounded_queue.hpp"

#include "restore/placer.hpp"
#include "restore/restoration.hpp"
#include "restore/sweeper.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace kist::restore {

class Restorer {
  public:
    // All must outlive the object.
    Restorer(const repository::Repository& repository, const RestoreOptions& options, repository::Catalog& catalog,
             Tally& tally);

    // What is chosen of its contents goes into target.
    void restore_directory(const repository::Entry& root, const ChosenTree& tree, const Destination& target);
    // Anything else, as target/name.
    void restore_single(const repository::Entry& entry, const std::string& name, const Destination& target);

  private:
    struct Batch {
        Destination destination;
        std::size_t folder = 0;
        std::string path;  // of that, below the target
        std::vector<repository::Entry> entries;
    };
    // One name in one folder of the target.
    struct Place {
        std::size_t folder = 0;
        std::string name;
    };
    struct Sealing {
        std::size_t folder = 0;
        Unsealed file;
        os::FileFlags flags = 0;
    };
    struct Group {  // of names of one file
        Place first;
        std::optional<ObjectId> object;  // once it is there
    };

    void walk();
    void visit_folder(std::size_t index, std::vector<std::size_t>& below);
    void visit_entry(std::size_t index, const Destination& destination, repository::Entry&& entry,
                     std::vector<std::size_t>& below);
    void hand_out(Batch&& batch);
    Batch new_batch(std::size_t index, const Destination& destination) const;
    std::optional<std::size_t> enter(std::size_t parent, const Destination& destination,
                                     const repository::Entry& entry);
    void make_or_merge(const Destination& parent, const repository::Entry& entry, Folder& folder);
    bool is_another_name(std::size_t index, const repository::Entry& entry);
    void work();
    void place_entry(Workplace& workplace, Placer& placer, const Place& place, const std::string& path,
                     const repository::Entry& entry);
    void count(Placed placed, const std::string& path, const repository::Entry& entry);

    void place_the_rest();
    void place_another(Placer& placer, const Place& place, bool is_in_the_way);
    void link_name(Workplace& workplace, Placer& placer, const Place& place, const repository::Entry& entry);
    void seal(const os::Directory& directory, const Sealing& sealing, const std::string& path);
    void seal_files();
    void finish(const repository::Entry& root);
    void conclude(std::size_t index, const repository::Entry& root);

    Destination open(std::size_t index) const;  // the folder that was made or merged, and no other
    std::string shown(std::size_t folder, const std::string& name = "") const;

    const repository::Repository& repository_;
    const RestoreOptions& options_;
    repository::Catalog& catalog_;
    Tally& tally_;
    repository::Catalog names_;  // of owners
    OwnerMap owners_;
    MetadataApplier metadata_;
    os::BoundedQueue<Batch> queue_;
    std::optional<os::Directory> target_;
    const ChosenTree* tree_ = nullptr;
    std::optional<Sweeper> sweeper_;
    bool is_alone_ = false;
    bool may_delete_ = false;
    Folders folders_;
    std::vector<Place> other_names_;
    std::mutex mutex_;
    std::unordered_map<repository::NodeId, Group> groups_;  // guarded by mutex_
    std::vector<Sealing> sealings_;                         // guarded by mutex_
    std::vector<Place> obstructed_;                         // by folders that are not empty; guarded by mutex_
};

}  // namespace kist::restore
