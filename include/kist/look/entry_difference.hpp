#pragma once
// In what two states of a file or folder differ.

#include "kist/repository/entry.hpp"

#include <string>
#include <vector>

namespace kist::look {

struct EntryDifference {
    bool kind = false;     // a file became a folder, or the like: nothing else is said then
    bool content = false;  // of a file its bytes, of a symlink its target, of a device node its numbers
    bool mode = false;
    bool owner = false;  // by number or name
    bool group = false;
    bool time = false;        // of modification
    bool attributes = false;  // extended ones and ACLs
    bool links = false;       // which other names are the same file

    bool any() const { return *this != EntryDifference{}; }
    bool only_time() const;
    // "kind", "content", "mode", ...: those that are set, in this order.
    std::vector<std::string> words() const;

    friend bool operator==(const EntryDifference&, const EntryDifference&) = default;
};

// Both rows of one catalog.
EntryDifference difference_of(const repository::Entry& before, const repository::Entry& after);
// Without content and links of regular files.
EntryDifference difference_of(const repository::Metadata& before, const repository::Metadata& after);

}  // namespace kist::look
