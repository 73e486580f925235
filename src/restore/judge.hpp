#pragma once
// What becomes of an entry whose name is taken in the target, or not. One thread uses a Judge at a time.

#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"
#include "kist/restore/restore.hpp"

#include "restore/metadata.hpp"

#include <optional>
#include <string>

namespace kist::restore {

struct Finding {
    Action action = Action::create;
    bool is_newer = false;  // what stands there is newer
    // Of `unchanged`: what stands there. Of `keep` and `replace`: likewise, but it is something else.
    std::optional<os::FileStatus> existing;
    std::string name;  // that it gets: another one where it is put beside
    // Of `unchanged` regular files: whether they get the entry's flags, in which alone they may differ, and which they
    // have. nullopt: their filesystem has none.
    bool gets_flags = false;
    std::optional<os::FileFlags> flags;
};

// Whether what stands there, and is something else, gives way to the entry.
bool gives_way(const RestoreOptions& options, const os::FileStatus& existing, const repository::Entry& entry);

class Judge {
  public:
    // All must outlive the object.
    Judge(const RestoreOptions& options, MetadataApplier& metadata, repository::Catalog& catalog)
        : options_(options), metadata_(metadata), catalog_(catalog) {}

    // Of anything but a directory.
    Finding judge(const os::Directory& directory, const std::string& name, const repository::Entry& entry);

  private:
    enum class Likeness { different, same_content, same };
    struct Resemblance {
        Likeness likeness = Likeness::different;
        std::optional<os::FileFlags> flags;
    };

    Finding find_place_beside(const os::Directory& directory, const std::string& name, const repository::Entry& entry);
    Resemblance compare(const os::Directory& directory, const std::string& name, const os::FileStatus& existing,
                        const repository::Entry& entry);
    Resemblance compare_files(const os::Directory& directory, const std::string& name, const repository::Entry& entry);
    bool is_content(int file, const std::string& name, const repository::Entry& entry);

    const RestoreOptions& options_;
    MetadataApplier& metadata_;
    repository::Catalog& catalog_;
};

}  // namespace kist::restore
