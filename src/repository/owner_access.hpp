#pragma once
// A folder that its owner may not write to keeps an ordinary user from changing what is in it, and from moving it: the
// mirror holds such folders, since sources do. For the time of a step the owner may.

#include "kist/os/directory.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

// While it lives, the owner has all rights to what it was told of; then modes are what they were, also of what was
// moved meanwhile. A crash in between leaves the wider mode. Only what belongs to the caller changes; trouble is left
// to whoever goes on. One thread at a time.
class OwnerAccess {
  public:
    OwnerAccess() = default;
    OwnerAccess(const OwnerAccess&) = delete;
    OwnerAccess& operator=(const OwnerAccess&) = delete;
    ~OwnerAccess();

    void open_all(const os::Directory& top, const std::string& path);  // each folder of `path`, below `top`
    void open(const os::Directory& folder, const std::string& name);   // a folder or a regular file

  private:
    struct Opened {
        os::Fd object;
        std::uint32_t mode;
    };
    std::vector<Opened> opened_;
};

}  // namespace kist::repository
