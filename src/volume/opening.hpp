#pragma once
// A volume between unlocking and being open: prepare and open are made of its steps.

#include "kist/luks/header.hpp"
#include "kist/mount/filesystem.hpp"
#include "kist/volume/mounted_volume.hpp"

#include "volume/container.hpp"
#include "volume/mapping_engine.hpp"
#include "volume/mount_point.hpp"
#include "volume/registry.hpp"

namespace kist::volume {

// Takes down what a dead engine has left of the volume in this container. One that works stays: a busy Error.
void make_way_for(const ContainerId& id);
void make_way_for(const Uuid& luks);  // a disk may have come back under another device's name

// The same, where one that works is left alone.
void clean_up_after(const ContainerId& id);

// Until done() is called, everything it has set up is taken down again with it.
class Opening {
  public:
    // The container is locked. engine: as choose_engine() takes it. Open already, by whomever: a busy Error.
    Opening(Container container, luks::Header header, MountPoint mount_point, std::optional<EngineKind> engine);
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;
    ~Opening();

    void map(const Secret& volume_key);
    void make_filesystem(mount::FilesystemKind kind);
    void mount();
    MountedVolume attach() const;
    void done() noexcept { done_ = true; }

    const std::string& device() const { return active_.mapping.device; }  // decrypted; "" before map()

  private:
    void repair(const std::string& type) const;
    void undo() noexcept;

    Container container_;
    luks::Header header_;
    os::Fd lock_;
    MountPoint mount_point_;
    Record record_;
    ActiveMapping active_;
    bool done_ = false;
};

}  // namespace kist::volume
