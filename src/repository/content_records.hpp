#pragma once
// The records of one content in a pack: several that follow each other, each with a part of what they hold. Format:
// doc/format.md, "Contents in packs".

#include "kist/delta/delta.hpp"
#include "kist/delta/range_reader.hpp"
#include "kist/os/fd.hpp"
#include "kist/repository/catalog.hpp"
#include "kist/repository/repository.hpp"

#include "repository/pack.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

// Writes a content whole. damaged, and nothing is appended, where the bytes are not what the hash says.
RecordPlace write_whole(PackWriter& pack, const Digest& hash, std::uint64_t size, const delta::RangeReader& bytes);

// Writes the delta that makes the content `hash` out of `base`. What the delta's literals throw comes through; nothing
// is appended then.
RecordPlace write_delta(PackWriter& pack, const Digest& hash, const Digest& base, const delta::Delta& delta);

// Reads what was written, by offset; every byte that is returned has passed its record's checksum. One thread at a
// time.
class ContentRecords {
  public:
    // content.place is a pack. damaged: the records are not there, do not belong together, or to another content.
    ContentRecords(const Repository& repository, const Content& content);

    RecordKind kind() const { return parts_.front().head.kind; }
    bool is_prefixed() const { return parts_.front().head.encoding == Encoding::prefixed; }
    std::uint64_t size() const { return size_; }  // of what all of them hold

    // Not of a prefixed one.
    void read(std::uint64_t offset, std::span<std::byte> buffer);
    std::vector<std::byte> read_prefixed(std::span<const std::byte> base) const;

  private:
    struct Part {
        std::uint64_t plain_begin;
        std::uint64_t offset;  // in the pack
        RecordHead head;
    };

    void list_parts(const Content& content);
    void load(const Part& part);

    std::string name_;
    os::Fd pack_;
    std::vector<Part> parts_;
    std::uint64_t size_ = 0;
    std::optional<std::uint64_t> loaded_;  // offset in the pack
    std::vector<std::byte> plain_;
};

}  // namespace kist::repository
