#pragma once
// Encrypted disks through udisks2 on the system's D-Bus, for callers that are not root: polkit decides what they may,
// and may ask them. Nothing here reads a device itself. One thread at a time.
//
// D-Bus API: udisks(8), interfaces org.freedesktop.UDisks2.Block, Encrypted and Filesystem.

#include "kist/base/secret.hpp"
#include "kist/os/access.hpp"

#include <memory>
#include <optional>
#include <string>

struct sd_bus;

namespace kist::udisks {

// A block device as udisks names it.
struct Object {
    std::string path;
};

class Service {
  public:
    // nullopt: there is no system bus, or no udisks2 on it.
    static std::optional<Service> find();

    // nullopt: udisks does not know a device of this path.
    std::optional<Object> device(const std::string& path);
    std::string type(const Object& object);   // as libblkid's: "crypto_LUKS", "ext4"
    std::string uuid(const Object& object);   // of what is on it; "" for none
    std::string label(const Object& object);  // also "" for none
    std::string device_path(const Object& object);

    std::optional<Object> decrypted(const Object& encrypted);  // nullopt: it is locked
    std::optional<Object> encrypted(const Object& decrypted);  // nullopt: it is not a decrypted device
    std::optional<std::string> mount_point(const Object& object);

    // A key that does not fit: no_key. Not allowed by polkit: a failed Error.
    Object unlock(const Object& encrypted, const Secret& key, os::Access access);
    std::string mount(const Object& object, os::Access access);  // where
    void unmount(const Object& object);                          // in use: a busy Error
    void lock(const Object& encrypted);

  private:
    struct Close {
        void operator()(sd_bus* bus) const noexcept;
    };
    explicit Service(sd_bus* bus) noexcept : bus_(bus) {}

    std::string text_property(const Object& object, const char* interface, const char* name, char type);
    std::optional<Object> object_property(const Object& object, const char* interface, const char* name);

    std::unique_ptr<sd_bus, Close> bus_;
};

}  // namespace kist::udisks
