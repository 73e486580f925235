#pragma once
// Reading and writing open files completely, with EINTR and short transfers taken care of. Errors name `name`.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kist::os {

// Up to the buffer's size, less only at the end of the file.
std::size_t read_at(int fd, std::uint64_t offset, std::span<std::byte> buffer, std::string_view name);
void write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes, std::string_view name);
// At the descriptor's own position; for pipes and terminals too.
std::size_t read_some(int fd, std::span<std::byte> buffer, std::string_view name);
void write_all(int fd, std::span<const std::byte> bytes, std::string_view name);

void sync_file(int fd, std::string_view name);        // fsync(2)
void sync_filesystem(int fd, std::string_view name);  // syncfs(2): reports errors since fd was opened
bool is_on_fuse(int fd);
bool is_on_pseudo_filesystem(int fd);  // one that the kernel makes up, and that holds nobody's files
void truncate(int fd, std::uint64_t size, std::string_view name);
void allocate(int fd, std::uint64_t size,
              std::string_view name);  // blocks behind [0, size); ENOSPC when there are none

// Makes an empty file on the same filesystem share all blocks of another until one of the two is written to. false:
// this filesystem cannot.
bool clone_file(int from, int to, std::string_view name);

// Gives the blocks that lie in [offset, offset + size) back; they read as zeros then. false: this filesystem cannot.
bool punch_hole(int fd, std::uint64_t offset, std::uint64_t size, std::string_view name);

// The next range with data at or after offset, in a file of `size` bytes; begin == size where only a hole is left. On a
// filesystem that does not know holes everything is data.
struct DataRange {
    std::uint64_t begin;
    std::uint64_t end;
};
DataRange next_data(int fd, std::uint64_t offset, std::uint64_t size);

// While it lives the kernel reads of the file what is asked for and nothing beyond: for files of which scattered ranges
// are read. A hint, never an error. The descriptor outlives it.
class ScatteredReading {
  public:
    explicit ScatteredReading(int fd);
    ScatteredReading(const ScatteredReading&) = delete;
    ScatteredReading& operator=(const ScatteredReading&) = delete;
    ~ScatteredReading();

  private:
    int fd_;
};

// That reading one place says nothing about others: the kernel reads nothing ahead by itself. A hint, never an error.
void expect_random_reads(int fd);
// Has the kernel begin to read a range that is going to be asked for. A hint, never an error.
void read_ahead(int fd, std::uint64_t offset, std::uint64_t size);

// A whole small file, or a new small file in one go (create, write, fsync, rename over `path`). limit: more is an
// error.
std::string read_small_file(const std::string& path, std::size_t limit = 1 << 20);
void replace_small_file(const std::string& path, std::string_view content, std::uint32_t mode = 0644);

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace kist::os
