#pragma once
// The encrypted volume's outside: a container file or a block device, open and locked against other openers.

#include "kist/base/byte_count.hpp"
#include "kist/os/access.hpp"
#include "kist/os/fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kist::volume {

// What a path leads to, whatever it is called: a file by filesystem and inode, a block device by its number.
struct ContainerId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;  // 0 for a block device

    friend bool operator==(const ContainerId&, const ContainerId&) = default;
};

// nullopt: there is nothing at the path.
std::optional<ContainerId> find_container_id(const std::string& path);

// What a new container begins with until its LUKS header takes that place.
constexpr std::string_view kNewContainerMarker =
    "kist prepare is making an encrypted volume here, or was interrupted. There is nothing in it yet.\n";

enum class ContainerKind { file, block_device };

class Container {
  public:
    // Missing: not_found. Anything but a file or block device: usage. A block device that is mounted: busy.
    static Container open(const std::string& path, os::Access access);
    // A new file with the marker and all of its space allocated. One that exists is a usage Error and stays as it is.
    static Container create(const std::string& path, ByteCount size);

    int fd() const noexcept { return fd_.get(); }
    const std::string& path() const noexcept { return path_; }  // absolute, symlinks resolved
    const ContainerId& id() const noexcept { return id_; }
    ContainerKind kind() const noexcept { return kind_; }
    os::Access access() const noexcept { return access_; }

    // For as long as a copy of the descriptor is open; shared with other readers where it is only read. Somebody else
    // has it, or it lies behind a loop device: a busy Error that names who.
    void lock();
    // Lets go of the descriptor, and thereby of the lock.
    void release() { fd_.reset(); }

  private:
    Container(os::Fd fd, const std::string& path, os::Access access);

    os::Fd fd_;
    std::string path_;
    ContainerId id_;
    ContainerKind kind_;
    os::Access access_;
};

}  // namespace kist::volume
