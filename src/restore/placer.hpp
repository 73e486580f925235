#pragma once
// Puts one entry after the other into directories of the target: each is made under a temporary name, complete with its
// metadata, and then renamed. One thread uses a Placer at a time.

#include "kist/os/directory.hpp"
#include "kist/repository/content_reader.hpp"

#include "restore/judge.hpp"
#include "restore/metadata.hpp"
#include "restore/tally.hpp"
#include "restore/workplace.hpp"

#include <optional>
#include <string>

namespace kist::restore {

enum class Placed {
    placed,
    unchanged,  // it was there already
    kept,       // something else was there, and stays
    beside,     // likewise, and it got another name
    skipped,    // the caller may not make such a file
};

// A file that is to become immutable or append-only, once all its names are there.
struct Unsealed {
    std::string name;
    ObjectId object;
};

struct Outcome {
    Placed placed = Placed::placed;
    // Of an entry with several names that is there now, under its own: what others may be made links of.
    std::optional<ObjectId> object;
    os::FileFlags flags_refused = 0;
    std::optional<Unsealed> unsealed;
};

// The first name of a file that has others.
struct FirstName {
    const os::Directory& directory;
    std::string name;
    ObjectId object;
};

class Placer {
  public:
    // All must outlive the object.
    Placer(const repository::Repository& repository, const RestoreOptions& options, MetadataApplier& metadata,
           Tally& tally);

    // Anything but a directory, as `name`. Errors: damaged where no good copy of the content is left; no_space and
    // interrupted, which concern the whole restore; failed for all else.
    Outcome place(Workplace& workplace, const std::string& name, const repository::Entry& entry);
    // Another name of a file. nullopt: they cannot be links of each other here.
    std::optional<Placed> link(Workplace& workplace, const repository::Entry& entry, const FirstName& first);

  private:
    Outcome make(Workplace& workplace, const Finding& finding, const repository::Entry& entry);
    void make_file(const os::Directory& directory, const std::string& name, const repository::Entry& entry,
                   Outcome& outcome);
    static void adjust_flags(const os::Directory& directory, const Finding& finding, const repository::Entry& entry,
                             Outcome& outcome);
    void write_content(int file, const std::string& name, const repository::Entry& entry);
    bool make_special(Workplace& workplace, const std::string& name, const repository::Metadata& metadata);
    static void move_into_place(Workplace& workplace, const std::string& temporary, const Finding& finding);

    const RestoreOptions& options_;
    MetadataApplier& metadata_;
    Tally& tally_;
    repository::Catalog catalog_;
    repository::ContentReader reader_;
    Judge judge_;
};

}  // namespace kist::restore
