#pragma once
// Gives an object of the target its owner, attributes, mode and time, in the order in which none undoes another: a
// change of owner clears setuid and capabilities, and a mode without write permission would refuse attributes. An owner
// that the caller may not set is counted, and takes setuid and setgid with it. Threads: any.

#include "kist/os/directory.hpp"
#include "kist/repository/entry.hpp"

#include "restore/owner_map.hpp"
#include "restore/tally.hpp"

namespace kist::restore {

class MetadataApplier {
  public:
    MetadataApplier(OwnerMap& owners, Tally& tally) : owners_(owners), tally_(tally) {}

    void apply(int fd, const repository::Metadata& metadata);  // without flags
    // Of a directory, with its flags, after all that is in it. Returns those that are refused.
    os::FileFlags conclude(int directory, const repository::Metadata& metadata);
    // Of anything, without following it. `directory` must be one that nobody else can write to.
    void apply(const os::Directory& directory, const std::string& name, const repository::Metadata& metadata);

    // Whether an object with this status and these attributes has what apply() would give it, as far as the caller may.
    bool is_applied(const os::FileStatus& status, const os::ExtendedAttributes& attributes,
                    const repository::Metadata& metadata);
    // Whether setting the flags of a file that has these would change any, as far as the caller may.
    static bool differ(os::FileFlags present, const repository::Metadata& metadata);
    // Of such an object: apply() would have counted an owner that it may not set.
    void count_refusals(const os::FileStatus& status, const repository::Metadata& metadata);

  private:
    template <typename... Object>
    void apply_to(const repository::Metadata& metadata, const Object&... object);
    template <typename... Object>
    bool set_owner(const repository::Metadata& metadata, const Object&... object);

    OwnerMap& owners_;
    Tally& tally_;
};

}  // namespace kist::restore
