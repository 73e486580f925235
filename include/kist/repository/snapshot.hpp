#pragma once
// Sources and their snapshots. A snapshot is one source at one time; its number is never used again.

#include "kist/base/byte_count.hpp"
#include "kist/base/timestamp.hpp"
#include "kist/repository/entry.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

struct Source {
    SourceId id = 0;
    std::string host;
    std::string path;  // absolute, raw bytes
    std::string name;  // from the configuration, or empty
};

struct Snapshot {
    SnapshotNumber number = 0;
    SourceId source = 0;
    Timestamp time;                   // what it is named by: `backup --time`, or when the run began
    Timestamp finished;               // when it was committed
    std::uint64_t files = 0;          // regular files in it
    std::uint64_t entries = 0;        // names in it
    ByteCount bytes;                  // their sizes together
    std::uint64_t skipped = 0;        // entries that could not be read
    std::vector<std::string> tags{};  // given by the user: rising, none twice
};

// 1 to 64 printable characters of ASCII, no blank or comma among them, and no hyphen at the beginning.
bool is_tag(std::string_view text) noexcept;

}  // namespace kist::repository
