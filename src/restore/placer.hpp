#pragma once
// Puts one entry after the other into directories of the target: each is made under a temporary name, complete with its
// metadata, and then renamed. One thread uses a Placer at a time.

#include "kist/os/directory.hpp"
#include "kist/repository/content_reader.hpp"

#include "restore/metadata.hpp"
#include "restore/tally.hpp"

#include <string>

namespace kist::restore {

// A directory of the target, and whether this restore made it: then nobody else can write to it yet.
struct Destination {
    os::Directory directory;
    bool is_ours = false;
};

// Where objects are made: in the destination itself where that is private, else in a private directory within it that
// is removed with this object. So nobody can put another object in the place of one whose owner is about to be set.
class Workplace {
  public:
    explicit Workplace(const Destination& destination) : destination_(destination) {}
    Workplace(const Workplace&) = delete;
    Workplace& operator=(const Workplace&) = delete;
    ~Workplace();

    bool is_ours() const { return destination_.is_ours; }
    const os::Directory& destination() const { return destination_.directory; }
    const os::Directory& directory();  // made when it is first asked for

  private:
    const Destination& destination_;
    std::optional<os::Directory> private_directory_;
    std::string private_name_;
};

enum class Placed {
    placed,
    kept,     // something was there, and stays
    skipped,  // the caller may not make such a file
};

class Placer {
  public:
    Placer(const repository::Repository& repository, Overwrite overwrite, MetadataApplier& metadata, Tally& tally);

    // Anything but a directory, as `name`. Errors: damaged where no good copy of the content is left; no_space and
    // interrupted, which concern the whole restore; failed for all else.
    Placed place(Workplace& workplace, const std::string& name, const repository::Entry& entry);
    // Another name of the file `first` in `first_directory`. nullopt: they cannot be links of each other here.
    std::optional<Placed> link(Workplace& workplace, const std::string& name, const os::Directory& first_directory,
                               const std::string& first);

  private:
    bool keeps_existing(const os::Directory& directory, const std::string& name) const;
    void make_file(const os::Directory& directory, const std::string& name, const repository::Entry& entry);
    void write_content(int file, const std::string& name, const repository::Entry& entry);
    bool make_special(const os::Directory& directory, const std::string& name, const repository::Metadata& metadata);
    void move_into_place(Workplace& workplace, const std::string& temporary, const std::string& name);

    const Overwrite overwrite_;
    MetadataApplier& metadata_;
    Tally& tally_;
    repository::Catalog catalog_;
    repository::ContentReader reader_;
};

}  // namespace kist::restore
