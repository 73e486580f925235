#include "kist/volume/resize.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/block/partition_table.hpp"
#include "kist/luks/header.hpp"
#include "kist/mount/filesystem.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"
#include "kist/volume/mounted_volume.hpp"
#include "kist/volume/prepare.hpp"
#include "kist/volume/target.hpp"

#include "volume/container.hpp"
#include "volume/mount_point.hpp"
#include "volume/opening.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>

namespace kist::volume {
namespace {

constexpr std::uint64_t kUnit = 4096;

os::Fd open_file(const std::string& path) {
    os::Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    return fd;
}

ByteCount size_of(const std::string& path) {
    return block::device_number(path) ? block::device_size(path) : ByteCount{std::filesystem::file_size(path)};
}

Secret copy_of(const Secret& secret) {
    Secret copy(secret.size());
    std::ranges::copy(secret.expose(), copy.expose().begin());
    return copy;
}

mount::FilesystemKind kind_at(const std::string& mount_point) {
    const auto mount = mount::find_mount(mount_point);
    const auto kind = mount ? mount::parse_filesystem_kind(mount->type) : std::nullopt;
    if (!kind)
        throw Error(ErrorCode::usage, "Kist cannot resize the volume's filesystem" + (mount ? ", " + mount->type : ""));
    return *kind;
}

// The file keeps its old size where there is no space for more.
void allocate_or_leave(const std::string& path, ByteCount before, ByteCount after) {
    const auto fd = open_file(path);
    try {
        os::allocate(fd.get(), after.value, path);
    } catch (...) {
        os::truncate(fd.get(), before.value, path);
        throw;
    }
    os::sync_file(fd.get(), path);
}

// A volume that is resized: open at the end if it was at the beginning.
class Resizing {
  public:
    Resizing(const ResizeOptions& options, const luks::Unlock& unlock)
        : path_(volume_device(options.path)), was_open_(find(path_)) {
        if (was_open_ && was_open_->state != VolumeState::open) {
            volume::close(*was_open_);
            was_open_.reset();
        }
        if (was_open_ && was_open_->access == os::Access::read_only)
            throw Error(ErrorCode::busy, os::printable(path_) + " is open read-only",
                        "kist close closes it; then try again.");
        const auto header = luks::Header::load(path_);
        volume_key_ = unlock(header);  // a wrong key shall not close anything
        data_offset_ = ByteCount{header.layout().data_offset};
    }

    ResizeSummary run(const std::optional<ByteCount>& wanted) {
        const auto before = size_of(path_);
        try {
            change(before, wanted);
        } catch (const Error&) {
            restore_state();
            throw;
        }
        restore_state();
        return {.before = before, .after = size_of(path_), .open = reopened_};
    }

  private:
    void change(ByteCount before, const std::optional<ByteCount>& wanted) {
        close_if_open();  // in use is known before anything is changed
        if (block::device_number(path_))
            grow_device(wanted);
        else
            resize_file(before, wanted);
    }

    // Open if it was open, closed if it was closed.
    void restore_state() {
        if (was_open_ && !reopened_ && closed_) reopen();
        if (!was_open_) close_if_open();
    }

    void grow_device(const std::optional<ByteCount>& wanted) {
        if (wanted)
            throw Error(ErrorCode::usage,
                        os::printable(path_) + " is no container file: it takes all there is with --max");
        const auto disk = block::examine_disk(path_);
        const auto number = block::device_number(path_).value_or(0);
        if (disk.find(number)->partition != 0) block::grow_to_end(path_);
        grow_filesystem();
    }

    void resize_file(ByteCount before, const std::optional<ByteCount>& wanted) {
        if (!wanted)
            throw Error(ErrorCode::usage, "a container file has no end to grow to", "Say how large with --size.");
        const ByteCount after{wanted->value / kUnit * kUnit};
        if (after >= before) {
            allocate_or_leave(path_, before, after);
            grow_filesystem();
        } else {
            shrink_file(after);
        }
    }

    void shrink_file(ByteCount after) {
        const auto kind = kind_of_filesystem();
        const auto smallest = smallest_volume(kind);
        if (after < smallest)
            throw Error(ErrorCode::usage, to_string(after) + " is too small for a volume",
                        std::string("With ") + mount::to_text(kind) + " the smallest is " + to_string(smallest) + ".");
        switch (mount::shrinking(kind)) {
            case mount::Shrinking::never:
                throw Error(ErrorCode::usage, std::string(mount::to_text(kind)) + " filesystems cannot shrink",
                            "Make a smaller volume and copy what is on this one.");
            case mount::Shrinking::mounted:
                mount::shrink_btrfs(reopened_->mount_point, after - data_offset_);
                close_if_open();
                break;
            case mount::Shrinking::unmounted:
                close_if_open();
                resize_unmounted(after - data_offset_);
                break;
        }
        const auto fd = open_file(path_);
        os::truncate(fd.get(), after.value, path_);
        os::sync_file(fd.get(), path_);
        reopen();
    }

    mount::FilesystemKind kind_of_filesystem() {
        reopen();
        return kind_at(reopened_->mount_point);
    }

    // nullopt: to the end of the device.
    void resize_unmounted(const std::optional<ByteCount>& size) {
        auto container = Container::open(path_, os::Access::read_write);
        container.lock();
        auto header = luks::Header::load(path_);
        // Nothing is mounted: the place is only what the record has for it.
        MountPoint mount_point("", to_string(header.uuid()));
        Opening opening(std::move(container), std::move(header), std::move(mount_point), engine());
        opening.map(volume_key_);
        mount::resize_ext4(opening.device(), size.value_or(block::device_size(opening.device())));
    }

    void grow_filesystem() {
        reopen();
        const auto kind = kind_at(reopened_->mount_point);
        const auto mount = mount::find_mount(reopened_->mount_point);
        try {
            mount::grow_filesystem(kind, mount ? mount->source : "", reopened_->mount_point);
        } catch (const Error&) {
            if (kind != mount::FilesystemKind::ext4) throw;
            close_if_open();
            resize_unmounted(std::nullopt);
            reopen();
        }
    }

    void close_if_open() {
        if (reopened_) volume::close(*reopened_);
        if (!reopened_ && was_open_ && !closed_) volume::close(*was_open_);
        reopened_.reset();
        closed_ = true;
    }

    void reopen() {
        // A folder in /run/kist is made anew; one of the user's is still there.
        const bool is_users = was_open_ && std::filesystem::exists(was_open_->mount_point);
        const auto volume =
            volume::open({.path = path_, .mount_point = is_users ? was_open_->mount_point : "", .engine = engine()},
                         [this](const luks::Header&) { return copy_of(volume_key_); });
        reopened_ = volume.description();
    }

    std::optional<EngineKind> engine() const { return was_open_ ? std::optional(was_open_->engine) : std::nullopt; }

    std::string path_;
    Secret volume_key_;
    std::optional<OpenVolume> was_open_;
    std::optional<OpenVolume> reopened_;
    ByteCount data_offset_;
    bool closed_ = false;  // the one that was open
};

}  // namespace

ResizeSummary resize(const ResizeOptions& options, const luks::Unlock& unlock) {
    return Resizing(options, unlock).run(options.size);
}

}  // namespace kist::volume
