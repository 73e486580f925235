#pragma once
// Packs: append-only files of checksummed records, history/NNNN.pack. Format: doc/format.md, "Packs".

#include "kist/base/digest.hpp"
#include "kist/base/uuid.hpp"
#include "kist/os/directory.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kist::repository {

enum class RecordKind : std::uint8_t {
    content = 1,  // a whole content; hash names it
    delta = 2,    // a reverse delta; base names the content it applies to (written by later versions)
    rows = 3,     // a part of a run record
    run_end = 4,  // a run record's end
    gap = 5,      // where records were that nobody needs any more
};

struct Record {
    RecordKind kind = RecordKind::content;
    Digest hash;  // of a content
    Digest base;  // of a delta
    std::vector<std::byte> plain;
};

// A record's place: header included in stored.
struct RecordPlace {
    std::int64_t pack = 0;
    std::uint64_t offset = 0;
    std::uint64_t stored = 0;
};

// A record in the form in which it is written.
struct EncodedRecord {
    std::vector<std::byte> bytes;
};
EncodedRecord encode_record(const Record& record);  // compresses where that helps
// A record as it lies in a pack, to be copied to another place; damaged where it is not whole.
EncodedRecord read_encoded_record(int pack, const RecordPlace& place, const std::string& name);

// Packs: where the first record begins, and the least that a gap can have.
inline constexpr std::uint64_t kPackHeaderSize = 64;
inline constexpr std::uint64_t kRecordHeaderSize = 128;
// The size at which a new pack is begun.
inline constexpr std::uint64_t kPackLimit = 64U << 20U;
// Makes [begin, end), which held whole records, one gap for those who read the pack from its begin.
void write_gap(int pack, std::uint64_t begin, std::uint64_t end, const std::string& name);

inline constexpr std::uint64_t kMaximalRecord = 16U << 20U;  // plain bytes

std::string pack_name(std::int64_t number);  // 0001.pack

// Appends from `end` of pack `number` on, after cutting off what lies beyond; goes on in a new pack when one has 64
// MiB. One thread at a time.
class PackWriter {
  public:
    PackWriter(const os::Directory& history, const Uuid& repository, std::int64_t number, std::uint64_t end);

    RecordPlace append(const EncodedRecord& record);
    void sync();
    // Packs that were written to, with their new ends.
    const std::vector<std::pair<std::int64_t, std::uint64_t>>& written() const { return written_; }

  private:
    void start_pack(std::int64_t number, std::uint64_t end);

    os::Directory history_;
    Uuid repository_;
    std::int64_t number_ = 0;
    std::uint64_t end_ = 0;
    os::Fd file_;
    std::vector<std::pair<std::int64_t, std::uint64_t>> written_;
};

// The record at `offset`, with all its checks; damaged where any fails.
Record read_record(int pack, std::uint64_t offset, const Uuid& repository, const std::string& name);

}  // namespace kist::repository
