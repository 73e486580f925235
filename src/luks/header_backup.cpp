#include "kist/luks/header_backup.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "luks/cryptsetup.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <libcryptsetup.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::luks {
namespace {

constexpr mode_t kCopyMode = 0400;
constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::uint64_t kLargestHeader = std::uint64_t{512} << 20;

// A file under another name until it is whole and named `path`, which must be free.
class NewFile {
  public:
    explicit NewFile(const std::string& path) : path_(path), temporary_(path + ".unfinished") {
        struct stat status {};
        if (lstat(path.c_str(), &status) == 0) fail_exists();
        if (unlink(temporary_.c_str()) != 0 && errno != ENOENT)
            throw Error::from_errno(errno, "cannot write " + os::printable(temporary_));
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile() { unlink(temporary_.c_str()); }

    const std::string& temporary() const noexcept { return temporary_; }
    void sync() const {
        const os::Fd fd(open(temporary_.c_str(), O_RDONLY | O_CLOEXEC));
        if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(temporary_));
        if (fchmod(fd.get(), kCopyMode) != 0)
            throw Error::from_errno(errno, "cannot set the mode of " + os::printable(temporary_));
        os::sync_file(fd.get(), temporary_);
    }
    void keep() const {
        if (renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
            if (errno == EEXIST) fail_exists();
            throw Error::from_errno(errno, "cannot write " + os::printable(path_));
        }
        const auto folder = std::filesystem::absolute(path_).parent_path().string();
        os::sync_file(os::Directory::open(folder).fd(), folder);
    }

  private:
    [[noreturn]] void fail_exists() const {
        throw Error(ErrorCode::usage, os::printable(path_) + " exists already, and is not overwritten",
                    "Name a new file.");
    }

    std::string path_;
    std::string temporary_;
};

os::Fd open_for_reading(const std::string& path) {
    os::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    return fd;
}

std::uint64_t header_size_or_zero(const std::string& device) {
    try {
        return Header::load(device).layout().data_offset;
    } catch (const Error&) {  // it may be what has to be replaced
        return 0;
    }
}

void require_same_volume(const Header& header, const Header& copy, const Secret& volume_key) {
    if (copy.uuid() == header.uuid() &&
        crypt_volume_key_verify(header.device(), characters(volume_key), volume_key.size()) == 0)
        return;
    throw Error(ErrorCode::failed, "the copy of the header of " + os::printable(header.path()) + " is not like it",
                "It was removed. Are both disks all right?");
}

}  // namespace

void save_header(const Header& header, const std::string& file, const Unlock& unlock) {
    const NewFile copy(file);
    require(crypt_header_backup(header.device(), nullptr, copy.temporary().c_str()),
            "cannot write the header's copy " + os::printable(file));
    copy.sync();
    const auto read_again = Header::load_detached(copy.temporary(), header.path());
    require_same_volume(header, read_again, unlock(read_again));
    copy.keep();
}

Header load_saved_header(const std::string& file, const std::string& device) {
    try {
        return Header::load_detached(file, device);
    } catch (const Error& error) {
        if (error.error_number() != 0) throw;
        throw Error(ErrorCode::usage, os::printable(file) + " is no header that could be restored: " + error.message(),
                    "kist header save makes such files, and so does cryptsetup luksHeaderBackup.");
    }
}

void save_raw_header(const std::string& device, const std::string& copy, const std::string& file) {
    const auto size = std::max<std::uint64_t>(std::filesystem::file_size(copy), header_size_or_zero(device));
    const auto from = open_for_reading(device);
    const NewFile target(file);
    const os::Fd to(open(target.temporary().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kCopyMode));
    if (!to) throw Error::from_errno(errno, "cannot create " + os::printable(file));
    std::vector<std::byte> piece(kPiece);
    for (std::uint64_t at = 0; at < std::min(size, kLargestHeader);) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - at));
        const auto got = os::read_at(from.get(), at, std::span(piece).first(wanted), device);
        if (got == 0) break;
        os::write_all(to.get(), std::span(piece).first(got), file);
        at += got;
    }
    target.sync();
    target.keep();
}

void restore_header(const std::string& device, const std::string& file) {
    const auto doing = "cannot restore the header of " + os::printable(device) + " from " + os::printable(file);
    {
        const auto target = open_device(device);
        const int result = crypt_header_restore(target.get(), nullptr, file.c_str());
        if (result == -EINVAL)
            throw Error(ErrorCode::failed,
                        doing + ": it is for a volume whose data begin elsewhere, or whose key has another size",
                        "Nothing was changed. Is it the right copy?");
        require(result, doing);
    }
    os::sync_file(open_for_reading(device).get(), device);
}

}  // namespace kist::luks
