#include "repository/pack.hpp"

#include "kist/base/error.hpp"
#include "kist/compression/zstd.hpp"
#include "kist/crypto/sha256.hpp"
#include "kist/os/file.hpp"

#include "repository/byte_order.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::repository {
namespace {

// The layout stands in doc/format.md, "Packs".
constexpr std::string_view kPackMagic = "KISTPACK";
constexpr std::string_view kRecordMagic = "KREC";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kPackChecksumSize = 16;
constexpr std::size_t kRecordChecksumSize = 8;

constexpr std::uint64_t kCopiedPiece = 1U << 20U;

void put_checksum(std::vector<std::byte>& header, std::size_t size) {
    const auto checksum = crypto::sha256(header);
    put_bytes(header, std::span(checksum.bytes).first(size));
}

bool checksum_fits(std::span<const std::byte> header, std::size_t size) {
    const auto checksum = crypto::sha256(header.first(header.size() - size));
    return std::equal(header.end() - static_cast<std::ptrdiff_t>(size), header.end(), checksum.bytes.begin());
}

std::vector<std::byte> pack_header(std::int64_t number, const Uuid& repository) {
    std::vector<std::byte> header;
    put_bytes(header, os::as_bytes(kPackMagic));
    put(header, kVersion);
    put(header, std::uint32_t{0});
    put(header, number);
    put_bytes(header, repository.bytes);
    put(header, std::uint64_t{0});
    put_checksum(header, kPackChecksumSize);
    return header;
}

EncodedRecord encode(const Record& record, Encoding encoding, std::span<const std::byte> payload) {
    std::vector<std::byte> bytes;
    bytes.reserve(kRecordHeaderSize + payload.size() + 8);
    put_bytes(bytes, os::as_bytes(kRecordMagic));
    put(bytes, record.kind);
    put(bytes, encoding);
    put(bytes, std::uint16_t{0});
    put(bytes, std::uint64_t{record.plain.size()});
    put(bytes, std::uint64_t{payload.size()});
    put_bytes(bytes, record.hash.bytes);
    put_bytes(bytes, record.base.bytes);
    put_bytes(bytes, crypto::sha256(payload).bytes);
    put_checksum(bytes, kRecordChecksumSize);
    put_bytes(bytes, payload);
    while (bytes.size() % 8 != 0) bytes.push_back(std::byte{0});
    return {std::move(bytes)};
}

Digest take_digest(Reader& reader) {
    Digest digest;
    std::ranges::copy(reader.take_bytes(digest.bytes.size()), digest.bytes.begin());
    return digest;
}

Error damaged(const char* what, const std::string& name, std::uint64_t offset) {
    return {ErrorCode::damaged, fmt::format("{} of {} at {}", what, name, offset)};
}

}  // namespace

std::string pack_name(std::int64_t number) {
    return fmt::format("{:04}.pack", number);
}

EncodedRecord encode_record(const Record& record) {
    // Raw where compression gains less than three percent: such content (media, archives) is read back without a
    // detour.
    const auto payload = compression::compress(record.plain);
    if (payload.size() >= record.plain.size() - record.plain.size() / 32)
        return encode(record, Encoding::raw, record.plain);
    return encode(record, Encoding::zstd, payload);
}

EncodedRecord encode_record(const Record& record, std::span<const std::byte> base) {
    return encode(record, Encoding::prefixed, compression::compress_with_prefix(record.plain, base));
}

void write_gap(int pack, std::uint64_t begin, std::uint64_t end, const std::string& name) {
    std::vector<std::byte> header;
    put_bytes(header, os::as_bytes(kRecordMagic));
    put(header, RecordKind::gap);
    put(header, Encoding::raw);
    put(header, std::uint16_t{0});
    put(header, std::uint64_t{0});
    put(header, end - begin - kRecordHeaderSize);
    for (int digest = 0; digest < 3; ++digest) put_bytes(header, Digest{}.bytes);
    put_checksum(header, kRecordChecksumSize);
    os::write_at(pack, begin, header, name);
}

PackWriter::PackWriter(const os::Directory& history, const Uuid& repository, std::int64_t number, std::uint64_t end)
    : history_(history.duplicate()), repository_(repository) {
    if (number == 0 || end >= kPackLimit)
        start_pack(number + 1, 0);
    else
        start_pack(number, end);
}

void PackWriter::start_pack(std::int64_t number, std::uint64_t end) {
    if (file_) sync();
    number_ = number;
    const auto name = pack_name(number);
    if (end == 0) history_.remove_tree(name);  // an unfinished run's
    file_ = history_.open_file_for_writing(name, end == 0 ? os::Create::exclusive : os::Create::no);
    os::truncate(file_.get(), end, name);
    end_ = end;
    if (end == 0) {
        const auto header = pack_header(number, repository_);
        os::write_at(file_.get(), 0, header, name);
        end_ = header.size();
    }
    written_.emplace_back(number_, end_);
}

RecordPlace PackWriter::append(const EncodedRecord& record) {
    if (end_ >= kPackLimit) start_pack(number_ + 1, 0);
    RecordPlace place{number_, end_, 0};
    extend(place, record);
    return place;
}

void PackWriter::extend(RecordPlace& place, const EncodedRecord& record) {
    write(record.bytes);
    place.stored += record.bytes.size();
}

void PackWriter::cut_off(const RecordPlace& place) {
    os::truncate(file_.get(), place.offset, pack_name(number_));
    end_ = place.offset;
    written_.back().second = end_;
}

RecordPlace PackWriter::copy(int pack, const RecordPlace& place, const std::string& name) {
    if (end_ >= kPackLimit) start_pack(number_ + 1, 0);
    read_record_head(pack, place.offset, name);
    RecordPlace copied{number_, end_, 0};
    std::vector<std::byte> buffer(std::min(place.stored, kCopiedPiece));
    while (copied.stored < place.stored) {
        const auto piece =
            std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), place.stored - copied.stored));
        if (os::read_at(pack, place.offset + copied.stored, piece, name) != piece.size()) {
            cut_off(copied);
            throw damaged("records missing", name, place.offset);
        }
        write(piece);
        copied.stored += piece.size();
    }
    return copied;
}

void PackWriter::write(std::span<const std::byte> bytes) {
    os::write_at(file_.get(), end_, bytes, pack_name(number_));
    end_ += bytes.size();
    written_.back().second = end_;
}

void PackWriter::sync() {
    os::sync_file(file_.get(), pack_name(number_));
}

void require_pack_of(int pack, const Uuid& repository, const std::string& name) {
    std::vector<std::byte> head(kPackHeaderSize);
    if (os::read_at(pack, 0, head, name) != head.size() || !checksum_fits(head, kPackChecksumSize) ||
        !std::equal(repository.bytes.begin(), repository.bytes.end(), head.begin() + 24))
        throw Error(ErrorCode::damaged, name + " is no pack of this repository, or its header is damaged");
}

RecordHead read_record_head(int pack, std::uint64_t offset, const std::string& name) {
    std::vector<std::byte> bytes(kRecordHeaderSize);
    if (os::read_at(pack, offset, bytes, name) != bytes.size() || !checksum_fits(bytes, kRecordChecksumSize))
        throw damaged("broken record header", name, offset);
    Reader reader(bytes, name);
    if (!std::ranges::equal(reader.take_bytes(kRecordMagic.size()), os::as_bytes(kRecordMagic)))
        throw damaged("no record", name, offset);
    RecordHead head;
    head.kind = static_cast<RecordKind>(reader.take<std::uint8_t>());
    head.encoding = static_cast<Encoding>(reader.take<std::uint8_t>());
    reader.take<std::uint16_t>();
    head.plain_size = reader.take<std::uint64_t>();
    head.payload_size = reader.take<std::uint64_t>();
    head.hash = take_digest(reader);
    head.base = take_digest(reader);
    head.checksum = take_digest(reader);
    return head;
}

std::vector<std::byte> read_plain(int pack, std::uint64_t offset, const RecordHead& head,
                                  std::span<const std::byte> base, const std::string& name) {
    if (head.plain_size > kMaximalRecord || head.payload_size > head.plain_size + 1024)
        throw damaged("impossible record size", name, offset);
    std::vector<std::byte> payload(head.payload_size);
    if (os::read_at(pack, offset + kRecordHeaderSize, payload, name) != payload.size() ||
        crypto::sha256(payload) != head.checksum)
        throw damaged("broken record", name, offset);
    if (head.encoding == Encoding::zstd) return compression::decompress(payload, head.plain_size);
    if (head.encoding == Encoding::prefixed) return compression::decompress_with_prefix(payload, base, head.plain_size);
    if (head.encoding != Encoding::raw || head.plain_size != head.payload_size)
        throw damaged("unknown encoding", name, offset);
    return payload;
}

Record read_record(int pack, std::uint64_t offset, const Uuid& repository, const std::string& name) {
    require_pack_of(pack, repository, name);
    const auto head = read_record_head(pack, offset, name);
    return {head.kind, head.hash, head.base, read_plain(pack, offset, head, {}, name)};
}

}  // namespace kist::repository
