#include "kist/volume/mounted_volume.hpp"

#include "kist/base/error.hpp"
#include "kist/block/signature.hpp"
#include "kist/mount/ext4.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "volume/container.hpp"
#include "volume/mapping_engine.hpp"
#include "volume/mount_point.hpp"
#include "volume/registry.hpp"
#include "volume/teardown.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

namespace kist::volume {
namespace {

constexpr std::uint32_t kSectorSize = 4096;

[[noreturn]] void fail_open_already(const Record& record) {
    const auto pid = record.mapping.process.pid;
    const auto engine = pid == 0 ? "dm-crypt" : os::process_name(pid) + " (process " + std::to_string(pid) + ")";
    const auto container = os::printable(record.container);
    throw Error(ErrorCode::busy,
                container + " is open already: mounted at " + os::printable(record.mount_point) + " by " + engine,
                "kist close " + container + " closes it.");
}

// A volume that works stays as it is: busy. Of one that does not, what is left is cleaned up. The caller holds the
// lock.
void make_way(const Record& record) {
    const auto judgement = judge(record);
    if (judgement.is_open()) fail_open_already(record);
    take_down(record, judgement);
}

void make_way_for(const ContainerId& id) {
    for (const auto& known : read_records()) {
        if (known.container_id != id) continue;
        const auto lock = lock_record(known.identity.luks);
        if (const auto record = read_record(known.identity.luks)) make_way(*record);
    }
}

// A copy of a container has the same UUID, and two of them at once cannot be told apart.
os::Fd lock_and_make_way_for(const Uuid& luks) {
    auto lock = lock_record(luks);
    if (const auto record = read_record(luks)) make_way(*record);
    return lock;
}

// A volume between unlocking and being open. Until done() everything it has set up is taken down again.
class Opening {
  public:
    Opening(Container container, luks::Header header, MountPoint mount_point)
        : container_(std::move(container)),
          header_(std::move(header)),
          lock_(lock_and_make_way_for(header_.uuid())),
          mount_point_(std::move(mount_point)) {
        record_.identity = {header_.uuid(), {}, header_.label()};
        record_.container = container_.path();
        record_.container_id = container_.id();
        record_.mount_point = mount_point_.path();
        record_.engine = best_engine_here();
    }
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;
    ~Opening() {
        if (!done_) undo();
    }

    // Written before anything is there to be found: whatever ends this process, close() finds what it has left.
    void map(const Secret& volume_key) {
        write_record(record_);
        active_ = make_engine(record_.engine)->map(container_, header_, volume_key);
        record_.mapping = active_.mapping;
        write_record(record_);
    }

    void make_filesystem() {
        const ByteCount size{std::filesystem::file_size(container_.path()) - header_.layout().data_offset};
        mount::make_ext4(device(), {.uuid = random_uuid(), .label = header_.label(), .size = size});
    }

    void mount() {
        const auto signature = block::probe(device());
        const auto uuid = signature ? parse_uuid(signature->uuid) : std::nullopt;
        if (!uuid)
            throw Error(ErrorCode::damaged, os::printable(container_.path()) + " is unlocked, but holds no filesystem",
                        "Was it prepared to the end? It can be prepared anew if it holds nothing.");
        if (signature->type == "ext4") mount::repair_ext4_if_marked(device());
        record_.identity.filesystem = *uuid;
        record_.made_mount_point = mount_point_.create();
        write_record(record_);
        mount::mount_device(device(), mount_point_.path(), signature->type);
    }

    MountedVolume attach() const {
        return MountedVolume::attach({.identity = record_.identity,
                                      .container = record_.container,
                                      .mount_point = record_.mount_point,
                                      .state = VolumeState::open,
                                      .engine = record_.engine,
                                      .engine_pid = record_.mapping.process.pid});
    }

    void done() noexcept { done_ = true; }

  private:
    const std::string& device() const { return active_.mapping.device; }

    void undo() noexcept {
        active_.hold.reset();
        container_.release();
        try {
            take_down(record_, judge(record_));
        } catch (const Error&) {  // its record stays: the next open or close tries again
        }
    }

    Container container_;
    luks::Header header_;
    os::Fd lock_;
    MountPoint mount_point_;
    Record record_;
    ActiveMapping active_;
    bool done_ = false;
};

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

void require_sensible(const PrepareOptions& options) {
    if (options.size < kSmallestVolume)
        throw Error(ErrorCode::usage, to_string(options.size) + " is too small for a volume",
                    "The smallest is " + to_string(kSmallestVolume) + ".");
    const auto& label = options.label;
    const bool is_name = !label.empty() && label.size() <= mount::kLongestLabel && label.front() != '.' &&
                         label.front() != '-' && label.find('/') == std::string::npos && os::printable(label) == label;
    if (!is_name)
        throw Error(ErrorCode::usage, "\"" + os::printable(label) + "\" cannot be a volume's label",
                    "It has 1 to 16 bytes, no / and no control characters, and does not begin with . or -.");
}

}  // namespace

MountedVolume MountedVolume::attach(const OpenVolume& volume) {
    const auto record = read_record(volume.identity.luks);
    if (!record || !judge(*record).is_open())
        throw Error(ErrorCode::failed,
                    "the volume is not mounted at " + os::printable(volume.mount_point) + " any more",
                    "kist close cleans up, then kist open opens it again.");
    auto root = os::Directory::open(volume.mount_point);
    struct stat device {};
    if (stat(record->mapping.device.c_str(), &device) != 0 || device.st_rdev != root.own_status().device)
        throw Error(ErrorCode::failed,
                    os::printable(volume.mount_point) + " shows another filesystem than the volume's");
    return {volume, std::move(root)};
}

CloseSummary MountedVolume::close() {
    root_ = os::Directory(os::Fd());
    return volume::close(volume_);
}

MountedVolume prepare(const PrepareOptions& options, const Secret& key) {
    require_sensible(options);
    MountPoint mount_point(options.mount_point, options.label);
    const ByteCount size{options.size.value / kSectorSize * kSectorSize};
    auto container = Container::create(options.path, size);
    NewFile file(container.path());
    container.lock();
    const auto volume_key = luks::random_volume_key();
    auto header = luks::Header::format(
        container.path(),
        {.uuid = random_uuid(), .label = options.label, .sector_size = kSectorSize, .kdf = options.kdf}, volume_key,
        key);
    Opening opening(std::move(container), std::move(header), std::move(mount_point));
    opening.map(volume_key);
    opening.make_filesystem();
    opening.mount();
    auto volume = opening.attach();
    os::set_mode(volume.root().fd(), 0700);
    os::sync_filesystem(volume.root().fd(), options.path);
    file.keep();
    opening.done();
    return volume;
}

MountedVolume open(const OpenOptions& options, const Secret& key) {
    auto container = Container::open(options.path);
    make_way_for(container.id());
    container.lock();
    auto header = luks::Header::load(container.path());
    MountPoint mount_point(options.mount_point, header.label().empty() ? to_string(header.uuid()) : header.label());
    const auto volume_key = header.unlock(key);
    Opening opening(std::move(container), std::move(header), std::move(mount_point));
    opening.map(volume_key);
    opening.mount();
    auto volume = opening.attach();
    opening.done();
    return volume;
}

}  // namespace kist::volume
