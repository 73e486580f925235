#include "kist/base/error.hpp"
#include "kist/mount/filesystem.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file.hpp"
#include "kist/volume/mounted_volume.hpp"

#include "volume/container.hpp"
#include "volume/mount_point.hpp"
#include "volume/opening.hpp"

#include <filesystem>

#include <unistd.h>

namespace kist::volume {
namespace {

constexpr std::uint32_t kSectorSize = 4096;

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
    const bool is_name = !label.empty() && label.size() <= mount::longest_label(mount::FilesystemKind::ext4) &&
                         label.front() != '.' && label.front() != '-' && label.find('/') == std::string::npos &&
                         os::printable(label) == label;
    if (!is_name)
        throw Error(ErrorCode::usage, "\"" + os::printable(label) + "\" cannot be a volume's label",
                    "It has 1 to 16 bytes, no / and no control characters, and does not begin with . or -.");
}

}  // namespace

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
    Opening opening(std::move(container), std::move(header), std::move(mount_point), options.engine);
    opening.map(volume_key);
    opening.make_filesystem(mount::FilesystemKind::ext4);
    opening.mount();
    auto volume = opening.attach();
    os::set_mode(volume.root().fd(), 0700);
    os::sync_filesystem(volume.root().fd(), options.path);
    file.keep();
    opening.done();
    return volume;
}

}  // namespace kist::volume
