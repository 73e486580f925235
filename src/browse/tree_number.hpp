#pragma once
// What a node number says, so that nothing has to be remembered of the millions that the kernel may know: the snapshot
// and the entry's row in the catalog. Numbers are the same at every mount, and as inode numbers different in each
// snapshot; they never have the highest bit.

#include "kist/fuse/tree.hpp"
#include "kist/repository/entry.hpp"

#include <optional>

namespace kist::browse {

enum class PlaceKind : std::uint8_t {
    top,       // the root of all
    host,      // `id`: its oldest source
    source,    // `id`: the source
    latest,    // `id`: the source; the link to its newest snapshot
    wrapping,  // the folder around a single file: a snapshot's source, or with an `id` the row that is the tree's root
    entry,     // `id`: the row
};

struct Place {
    PlaceKind kind = PlaceKind::top;
    repository::SnapshotNumber snapshot = 0;  // of wrapping and entry
    std::int64_t id = 0;

    friend bool operator==(const Place&, const Place&) = default;
};

// nullopt where the ids are larger than any catalog of ours ever has them.
std::optional<fuse::NodeNumber> number_of(const Place& place);
// nullopt: nobody has given out this number.
std::optional<Place> place_of(fuse::NodeNumber number);

}  // namespace kist::browse
