#pragma once
// Makes the decrypted block device of a volume, and takes it away again. Two engines with the same on-disk format:
// dm-crypt where the kernel has device mapper, a process of our own everywhere else. What an engine has made outlives
// the process that asked for it; everything it needs to find it again is the LUKS UUID and a Mapping.

#include "kist/base/secret.hpp"
#include "kist/base/uuid.hpp"
#include "kist/block/loop_device.hpp"
#include "kist/luks/header.hpp"
#include "kist/volume/open_volume.hpp"

#include "volume/container.hpp"
#include "volume/process_identity.hpp"

#include <memory>
#include <optional>
#include <string>

namespace kist::volume {

struct Mapping {
    std::string device;       // the decrypted block device
    std::string loop;         // the loop device in between, if any
    ProcessIdentity process;  // the userspace engine
};

struct ActiveMapping {
    Mapping mapping;
    std::optional<block::LoopDevice> hold;  // keeps the loop device until something is mounted
};

enum class MappingState {
    whole,   // it works
    broken,  // parts are left
    gone,
};

class MappingEngine {
  public:
    virtual ~MappingEngine() = default;

    // The container is locked; the device is as writable as it. On failure nothing is left behind.
    virtual ActiveMapping map(Container& container, const luks::Header& header, const Secret& volume_key) = 0;
    // Takes away whatever is left of it; gone is success. The device is not mounted any more.
    virtual void unmap(const Uuid& luks, const Mapping& mapping) = 0;
    // As unmap(), but what is in use goes with its last user, which may be after this returns.
    virtual void let_go(const Uuid& luks, const Mapping& mapping) = 0;
    virtual MappingState state(const Uuid& luks, const Mapping& mapping) const = 0;
    // The block device of that name is (still) this mapping's, not one that took its name later.
    virtual bool owns_device(const Uuid& luks, const Mapping& mapping) const = 0;
};

std::unique_ptr<MappingEngine> make_engine(EngineKind kind);
// nullopt: the best one here. One that this kernel does not offer: a failed Error.
EngineKind choose_engine(std::optional<EngineKind> wanted);

}  // namespace kist::volume
