#include "kist/volume/prepare.hpp"

#include "kist/base/error.hpp"
#include "kist/block/claims.hpp"
#include "kist/block/partition_table.hpp"
#include "kist/luks/preparation.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file.hpp"
#include "kist/volume/target.hpp"

#include "volume/container.hpp"
#include "volume/mount_point.hpp"
#include "volume/opening.hpp"
#include "volume/partition_name.hpp"

#include <algorithm>
#include <filesystem>

#include <unistd.h>

namespace kist::volume {
namespace {

constexpr std::uint32_t kSectorSize = 4096;
constexpr std::uint32_t kSmallSectorSize = 512;
constexpr ByteCount kHeaderRoom = 20 * kMiB;  // LUKS2 header and partition table

// Removes a container that was not prepared to the end.
class NewFile {
  public:
    explicit NewFile(std::string path) : path_(std::move(path)) {}
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile() {
        if (!kept_) unlink(path_.c_str());
    }
    // From here on it survives a power cut, too.
    void keep() {
        const auto folder = os::Directory::open(std::filesystem::path(path_).parent_path().string());
        os::sync_file(folder.fd(), path_);
        kept_ = true;
    }

  private:
    std::string path_;
    bool kept_ = false;
};

void require_label(const PrepareOptions& options) {
    const auto& label = options.label;
    const auto longest = mount::longest_label(options.filesystem);
    const bool is_name = !label.empty() && label.size() <= longest && label.front() != '.' && label.front() != '-' &&
                         label.find('/') == std::string::npos && os::printable(label) == label;
    if (!is_name)
        throw Error(ErrorCode::usage, "\"" + os::printable(label) + "\" cannot be a volume's label",
                    "With " + std::string(mount::to_text(options.filesystem)) + " it has 1 to " +
                        std::to_string(longest) +
                        " bytes, no /, \\ or control characters, and does not begin with . or -.");
}

void require_size(ByteCount size, const PrepareOptions& options) {
    const auto smallest = smallest_volume(options.filesystem);
    if (size < smallest)
        throw Error(ErrorCode::usage, to_string(size) + " is too small for a volume",
                    std::string("With ") + mount::to_text(options.filesystem) + " the smallest is " +
                        to_string(smallest) + ".");
}

void require_unused(const Target& target) {
    if (target.uses.empty()) return;
    auto message = os::printable(target.path) + " is in use, and what is in use is never overwritten:";
    for (const auto& use : target.uses) message += "\n  " + use;
    throw Error(ErrorCode::busy, message, "Unmount or stop it first, if this is the right disk.");
}

void require_consent(const Target& target, const PrepareOptions& options) {
    const auto name = os::printable(target.path);
    if (target.disk && options.seen != 0 && target.disk->sequence != options.seen)
        throw Error(ErrorCode::failed, name + " is another disk now than the one that was shown",
                    "Nothing was changed. Start again, and leave the disk plugged in.");
    if (target.kind == TargetKind::file && target.unfinished.empty())
        throw Error(ErrorCode::usage, name + " exists already, and kist prepare overwrites no file",
                    "Name a new file, or remove this one first.");
    if (target.holds_something() && options.found == Found::refuse)
        throw Error(ErrorCode::usage,
                    name + " is not empty" + (target.unfinished.empty() ? "" : ": " + target.unfinished));
}

void require_writable(const Target& target, const PrepareOptions& options) {
    const auto& device = target.device();
    const auto name = os::printable(device.path);
    if (device.size == ByteCount{}) throw Error(ErrorCode::failed, name + " has no medium in it", "Put one in.");
    if (device.read_only || target.disk->whole.read_only)
        throw Error(ErrorCode::failed, name + " is write-protected",
                    "Does the disk have a switch for that, or was it set by blockdev --setro?");
    if (options.size != ByteCount{})
        throw Error(ErrorCode::usage, "a disk is taken whole: --size is for container files");
    require_size(device.size, options);
}

// LUKS wants whole sectors of its own.
std::uint32_t sector_size_for(ByteCount size) {
    return size.value % kSectorSize == 0 ? kSectorSize : kSmallSectorSize;
}

// One mapped and mounted volume out of a fresh header.
MountedVolume build(Container container, luks::Header header, MountPoint mount_point, const PrepareOptions& options,
                    const Secret& volume_key) {
    const auto path = container.path();
    Opening opening(std::move(container), std::move(header), std::move(mount_point), options.engine);
    opening.map(volume_key);
    opening.make_filesystem(options.filesystem);
    opening.mount();
    auto volume = opening.attach();
    os::set_mode(volume.root().fd(), 0700);
    if (options.furnish) options.furnish(volume);
    os::sync_filesystem(volume.root().fd(), options.path);
    luks::mark_complete(path);
    opening.done();
    return volume;
}

luks::Header format(const std::string& path, ByteCount size, const PrepareOptions& options, const Secret& volume_key,
                    const Secret& key) {
    return luks::Header::format(
        path, {.uuid = random_uuid(), .label = options.label, .sector_size = sector_size_for(size), .kdf = options.kdf},
        volume_key, key);
}

void remove_unfinished(const std::string& path) {
    {
        auto container = Container::open(path, os::Access::read_write);
        make_way_for(container.id());
        container.lock();
    }
    if (unlink(path.c_str()) != 0) throw Error::from_errno(errno, "cannot remove " + os::printable(path));
}

MountedVolume prepare_file(const Target& target, const PrepareOptions& options, const Secret& key) {
    require_size(options.size, options);
    MountPoint mount_point(options.mount_point, options.label);
    if (target.kind == TargetKind::file) remove_unfinished(options.path);
    const ByteCount size{options.size.value / kSectorSize * kSectorSize};
    auto container = Container::create(options.path, size);
    NewFile file(container.path());
    container.lock();
    const auto volume_key = luks::random_volume_key();
    auto header = format(container.path(), size, options, volume_key, key);
    auto volume = build(std::move(container), std::move(header), std::move(mount_point), options, volume_key);
    file.keep();
    return volume;
}

// From here on what was on it is gone. The device to format: the disk, its one new partition, or the partition.
block::Device clear(const Target& target, const PrepareOptions& options) {
    auto claim = block::claim(target.path);
    if (target.kind == TargetKind::disk && options.layout == DiskLayout::one_partition)
        return block::make_single_partition(std::move(claim), target.path, partition_name(options.label));
    block::wipe_signatures(claim.get(), target.path);
    return target.device();
}

MountedVolume prepare_device(const Target& target, const PrepareOptions& options, const Secret& key) {
    require_writable(target, options);
    MountPoint mount_point(options.mount_point, options.label);
    const auto device = clear(target, options);
    const auto volume_key = luks::random_volume_key();
    auto header = format(device.path, device.size, options, volume_key, key);
    block::settle(target.disk->whole.path);
    auto container = Container::open(device.path, os::Access::read_write);
    container.lock();
    return build(std::move(container), std::move(header), std::move(mount_point), options, volume_key);
}

MountedVolume prepare_device_that_may_vanish(const Target& target, const PrepareOptions& options, const Secret& key) {
    try {
        return prepare_device(target, options, key);
    } catch (const Error& error) {
        if (block::is_present(target.disk->whole.number)) throw;
        throw Error(ErrorCode::failed,
                    os::printable(target.path) + " vanished while it was being prepared (" + error.message() + ")",
                    "Plug it in again and prepare it once more.");
    }
}

}  // namespace

ByteCount smallest_volume(mount::FilesystemKind kind) noexcept {
    return mount::smallest_device(kind) + kHeaderRoom;
}

MountedVolume prepare(const PrepareOptions& options, const Secret& key) {
    require_label(options);
    const auto target = examine_target(options.path);
    require_unused(target);
    require_consent(target, options);
    return target.disk ? prepare_device_that_may_vanish(target, options, key) : prepare_file(target, options, key);
}

}  // namespace kist::volume
