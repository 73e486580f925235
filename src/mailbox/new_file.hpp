#pragma once
// A file of an export's target: made under another name and complete before it gets its own. What stands there already
// is never touched: it is compared with what would be written.

#include "kist/base/timestamp.hpp"
#include "kist/os/directory.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace kist::mailbox {

enum class Placed : std::uint8_t {
    made,
    was_there,   // just so
    in_the_way,  // something else stands there
};

class NewFile {
  public:
    // In workplace, on the same filesystem, it is made; both outlive it. One NewFile at a time in each workplace.
    NewFile(const os::Directory& directory, std::string name, const os::Directory& workplace);
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile();  // without finish(): nothing is left of it

    bool is_new() const { return placed_ == Placed::made; }
    bool is_in_the_way() const { return placed_ == Placed::in_the_way; }  // as far as it was compared
    void append(std::span<const std::byte> bytes);
    // mtime: none: now.
    Placed finish(std::optional<Timestamp> mtime);

  private:
    void compare(std::span<const std::byte> bytes);

    const os::Directory& directory_;
    const os::Directory& workplace_;
    std::string name_;
    os::Fd file_;  // that is made, or that was there
    Placed placed_ = Placed::made;
    std::uint64_t size_ = 0;
    bool is_unfinished_ = false;  // it stands in the workplace
};

// A whole file at once.
Placed place_file(const os::Directory& directory, const std::string& name, std::span<const std::byte> bytes,
                  std::optional<Timestamp> mtime, const os::Directory& workplace);

}  // namespace kist::mailbox
