#pragma once
// One regular file, made by a program: FUSE (libfuse3, low-level) mounted over an existing empty file, so that there is
// no tree to look up. Owner root or whoever mounts it, mode 0600, never for other users (no allow_other).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

struct fuse_session;

namespace kist::fuse {

// What the file holds. Calls come from several threads at once. Each returns 0 or an errno. Ranges lie within size().
class FileContent {
  public:
    virtual ~FileContent() = default;
    virtual std::uint64_t size() const noexcept = 0;
    // buffer begins on a page.
    virtual int read(std::uint64_t offset, std::span<std::byte> buffer) noexcept = 0;
    virtual int write(std::uint64_t offset, std::span<const std::byte> bytes) noexcept = 0;
    virtual int sync() noexcept = 0;
};

// The largest request that FileContent sees.
constexpr std::size_t kLargestRequest = 1 << 20;

enum class Caching {
    none,       // for readers and writers that bypass the page cache, or have one of their own: a loop device
    writeback,  // the kernel collects small writes; fsync(2) brings them out. The file seems empty until somebody sets
                // its size by ftruncate(2), to what it is: the kernel asks for none
};

class FileServer {
  public:
    // Mounts over `mount_file`. `content` must outlive this object. Nothing answers before run().
    FileServer(const std::string& mount_file, FileContent& content, Caching caching = Caching::none);
    FileServer(FileServer&&) noexcept = default;
    FileServer& operator=(FileServer&&) noexcept = default;
    ~FileServer();  // unmounts where that has not happened yet

    // Serves with so many threads until the file is unmounted (umount(2) by anybody). Handles no signals.
    void run(unsigned threads);

  private:
    struct Destroy {
        void operator()(fuse_session* session) const noexcept;
    };
    std::unique_ptr<fuse_session, Destroy> session_;
};

}  // namespace kist::fuse
