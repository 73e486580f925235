#pragma once
// Where a volume is to be mounted: an empty folder of the user's, or one in /run/kist that is made for it.

#include <string>

namespace kist::volume {

class MountPoint {
  public:
    // wanted: the user's folder, which must exist and be empty (a usage Error otherwise); "": /run/kist/LABEL.
    MountPoint(const std::string& wanted, const std::string& label);

    const std::string& path() const noexcept { return path_; }  // absolute, symlinks resolved
    bool create() const;                                        // true: it was made now

  private:
    std::string path_;
};

}  // namespace kist::volume
