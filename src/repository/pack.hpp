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
    content = 1,  // a content, or a part of one
    delta = 2,    // a reverse delta, or a part of one
    rows = 3,     // a part of a run record
    run_end = 4,  // a run record's end
    gap = 5,      // where records were that nobody needs any more
};

struct Record {
    RecordKind kind = RecordKind::content;
    Digest hash;  // of the content that it holds, or that the delta makes
    Digest base;  // of the content that the delta applies to, or that is the prefix
    std::vector<std::byte> plain;
};

// Where a record lies, or several that belong together and follow each other; headers are included in stored.
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
// Compressed with the base's content as the prefix: whoever reads it needs that.
EncodedRecord encode_record(const Record& record, std::span<const std::byte> base);

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
    // Goes on with what was appended last.
    void extend(RecordPlace& place, const EncodedRecord& record);
    // Takes back what was appended last.
    void cut_off(const RecordPlace& place);
    // Appends records as they lie in another place; damaged where there are none.
    RecordPlace copy(int pack, const RecordPlace& place, const std::string& name);
    void sync();
    // Packs that were written to, with their new ends.
    const std::vector<std::pair<std::int64_t, std::uint64_t>>& written() const { return written_; }

  private:
    void start_pack(std::int64_t number, std::uint64_t end);
    void write(std::span<const std::byte> bytes);

    os::Directory history_;
    Uuid repository_;
    std::int64_t number_ = 0;
    std::uint64_t end_ = 0;
    os::Fd file_;
    std::vector<std::pair<std::int64_t, std::uint64_t>> written_;
};

enum class Encoding : std::uint8_t { raw = 0, zstd = 1, prefixed = 2 };  // prefixed: zstd, by the base's content

struct RecordHead {
    RecordKind kind = RecordKind::content;
    Encoding encoding = Encoding::raw;
    std::uint64_t plain_size = 0;    // at most kMaximalRecord
    std::uint64_t payload_size = 0;  // at most plain_size + 1024, but in a gap
    Digest hash;
    Digest base;
    Digest checksum;  // SHA-256 of the payload

    std::uint64_t stored() const { return (kRecordHeaderSize + payload_size + 7) / 8 * 8; }
};

// For reading step by step, each with all its checks; damaged where any fails. What becomes of a head is not trusted
// before read_plain().
void require_pack_of(int pack, const Uuid& repository, const std::string& name);
RecordHead read_record_head(int pack, std::uint64_t offset, const std::string& name);
// base: the content that a prefixed record needs.
std::vector<std::byte> read_plain(int pack, std::uint64_t offset, const RecordHead& head,
                                  std::span<const std::byte> base, const std::string& name);
// The record at `offset`, which needs no base.
Record read_record(int pack, std::uint64_t offset, const Uuid& repository, const std::string& name);

}  // namespace kist::repository
