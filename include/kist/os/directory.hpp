#pragma once
// A directory held open. Everything below it is reached by openat(2) from here, one name at a time and never through a
// symlink, so that nobody can swap a component for a link. Names are raw bytes without '/' and NUL.
// Every call throws Error with the name in it; find_* return nullopt where there is no such name.
// Threads: const calls may run in parallel.

#include "kist/os/fd.hpp"
#include "kist/os/file_status.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::os {

struct DirectoryEntry {
    std::string name;
    std::uint64_t inode;
};

enum class Create { no, exclusive };

class Directory {
  public:
    // The user's own path: symlinks in it are followed.
    static Directory open(const std::string& path);
    // path below this directory, components separated by '/', any length. No component may be a symlink or "..".
    Directory open_below(std::string_view path) const;
    std::optional<Directory> find_below(std::string_view path) const;
    Directory ensure_below(std::string_view path, std::uint32_t mode = 0700) const;  // makes what is missing

    explicit Directory(Fd fd) noexcept : fd_(std::move(fd)) {}
    int fd() const noexcept { return fd_.get(); }
    Directory duplicate() const;

    std::vector<DirectoryEntry> entries() const;  // without "." and "..", in the filesystem's order
    FileStatus own_status() const;
    FileStatus status(const std::string& name) const;
    std::optional<FileStatus> find_status(const std::string& name) const;

    Directory open_directory(const std::string& name) const;
    std::optional<Directory> find_directory(const std::string& name) const;  // nullopt also where it is no directory
    // For reading; never blocks on a fifo and never follows a symlink. The caller checks with status_of(fd) what it
    // got.
    Fd open_file(const std::string& name) const;
    std::optional<Fd> find_file(const std::string& name) const;
    Fd open_file_for_writing(const std::string& name, Create create, std::uint32_t mode = 0600) const;
    std::string read_link(const std::string& name) const;

    Directory create_directory(const std::string& name, std::uint32_t mode = 0700) const;  // the new one, opened
    Directory ensure_directory(const std::string& name, std::uint32_t mode = 0700) const;
    void create_symlink(const std::string& name, const std::string& target) const;
    void create_node(const std::string& name, FileType type, std::uint64_t special_device) const;
    void create_link(const std::string& name, const Directory& target_directory, const std::string& target) const;

    // Fails with EEXIST where `to_name` is there already: atomically where the filesystem knows RENAME_NOREPLACE, else
    // somebody else's file of that name that appears in the same moment is replaced.
    void rename(const std::string& name, const Directory& to, const std::string& to_name) const;
    void rename_replacing(const std::string& name, const Directory& to, const std::string& to_name) const;
    void remove_file(const std::string& name) const;       // anything but a directory
    void remove_directory(const std::string& name) const;  // an empty one
    void remove_tree(const std::string& name) const;       // whatever it is, with all below it; absent is success

  private:
    Fd fd_;
};

FileStatus status_of(int fd);

// A path or name for people: control bytes, invalid UTF-8 and backslashes come out as \xNN.
std::string printable(std::string_view name);

}  // namespace kist::os
