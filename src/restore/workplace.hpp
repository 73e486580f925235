#pragma once
// Where objects of the target are made, so that nobody can put another one in the place of one whose owner is about to
// be set. Threads: one.

#include "kist/os/directory.hpp"

#include <optional>
#include <string>

namespace kist::restore {

// Which object it is, whatever it is called. A number alone may be given to another one once the object is gone.
struct ObjectId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::optional<Timestamp> birth_time;

    friend bool operator==(const ObjectId&, const ObjectId&) = default;
};
ObjectId id_of(const os::FileStatus& status);

// A directory of the target. is_private: this restore made it, and nobody else can write to it yet.
struct Destination {
    os::Directory directory;
    bool is_private = false;
};

// Makes a directory that is private where the filesystem has owners. Errors: failed where something else stands there
// the moment after.
Destination make_directory(const Destination& parent, const std::string& name);

// A name that nobody else uses: random for the process, counted in it.
std::string new_temporary_name();

// Claims a target, for as long as the descriptor and its duplicates live. false: another restore is at work there, and
// its objects are no leftovers.
bool is_only_restore(const os::Directory& target);

// Removes from a directory what restores that were killed have left there.
void remove_leftovers(const os::Directory& directory);

// In the destination itself where that is private, else in a private directory within it, made when it is first needed
// and removed with this object.
class Workplace {
  public:
    explicit Workplace(const Destination& destination) : destination_(destination) {}
    Workplace(const Workplace&) = delete;
    Workplace& operator=(const Workplace&) = delete;
    ~Workplace();

    bool has_private_destination() const { return destination_.is_private; }
    const os::Directory& destination() const { return destination_.directory; }
    const os::Directory& directory();
    // What has no open file to work on is not made where somebody else could swap it. Errors: failed.
    void require_privacy();

  private:
    const Destination& destination_;
    std::optional<Destination> own_;
    std::string own_name_;
};

}  // namespace kist::restore
