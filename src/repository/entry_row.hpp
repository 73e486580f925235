#pragma once
// An Entry from and to its row. One column list for everybody who reads or writes whole entries.

#include "kist/os/attributes.hpp"
#include "kist/repository/entry.hpp"
#include "kist/sqlite/database.hpp"

#include <string>
#include <string_view>

namespace kist::repository {

// The columns of `entry` in the order that read_entry() expects, from column 0.
inline constexpr const char* kEntryColumns =
    "id, directory, name, first, last, type, mode, uid, gid, size, mtime, node, content, device, inode, ctime, birth, "
    "unsettled, source, user, grp, special, has_holes, target, attributes, mirror_inode";

// Throws damaged for what no backup writes: a name that require_entry_name() refuses, a type that does not exist, a
// directory without a node, a negative size, a symlink without a target.
Entry read_entry(const sqlite::Statement& row);
// Throws damaged unless `name` can stand in `directory`: a single name for a directory's node, the absolute path of a
// source's root for a negative one. So nothing that is built from a hostile catalog's names leaves the place meant for
// it.
void require_entry_name(NodeId directory, std::string_view name);
// INSERT OR REPLACE, for bind_entry().
std::string entry_insertion();
// Binds parameters 1 to 26 in the order of kEntryColumns; id 0 becomes NULL, so that SQLite chooses. `entry` and
// `attributes` (its encoded ones) must live until the statement has run.
void bind_entry(sqlite::Statement& statement, const Entry& entry, const std::string& attributes);

// doc/format.md, "Attributes": for each one its name's length (u32), name, value's length (u32), value; little-endian.
// Of the metadata's extended attributes and flags.
std::string encode_attributes(const Metadata& metadata);
void decode_attributes(std::string_view encoded, Metadata& metadata);  // throws damaged

inline std::int64_t nanoseconds(Timestamp time) {
    return time.time_since_epoch().count();
}
inline Timestamp timestamp(std::int64_t nanoseconds) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    return time_at(nanoseconds / kSecond, nanoseconds % kSecond);
}

}  // namespace kist::repository
