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

enum class Encoding : std::uint8_t { raw = 0, zstd = 1 };

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

}  // namespace

std::string pack_name(std::int64_t number) {
    return fmt::format("{:04}.pack", number);
}

EncodedRecord encode_record(const Record& record) {
    // Raw where compression gains less than three percent: such content (media, archives) is read back without a
    // detour.
    auto payload = compression::compress(record.plain);
    auto encoding = Encoding::zstd;
    if (payload.size() >= record.plain.size() - record.plain.size() / 32) {
        payload = record.plain;
        encoding = Encoding::raw;
    }
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

EncodedRecord read_encoded_record(int pack, const RecordPlace& place, const std::string& name) {
    EncodedRecord record{std::vector<std::byte>(place.stored)};
    const std::span<const std::byte> bytes(record.bytes);
    const bool is_whole = os::read_at(pack, place.offset, record.bytes, name) == place.stored &&
                          place.stored >= kRecordHeaderSize &&
                          std::ranges::equal(bytes.first(kRecordMagic.size()), os::as_bytes(kRecordMagic)) &&
                          checksum_fits(bytes.first(kRecordHeaderSize), kRecordChecksumSize);
    if (!is_whole) throw Error(ErrorCode::damaged, fmt::format("broken record of {} at {}", name, place.offset));
    return record;
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
    const auto& bytes = record.bytes;
    os::write_at(file_.get(), end_, bytes, pack_name(number_));
    const RecordPlace place{number_, end_, bytes.size()};
    end_ += bytes.size();
    written_.back().second = end_;
    return place;
}

void PackWriter::sync() {
    os::sync_file(file_.get(), pack_name(number_));
}

Record read_record(int pack, std::uint64_t offset, const Uuid& repository, const std::string& name) {
    const auto damaged = [&](const char* what) {
        return Error(ErrorCode::damaged, fmt::format("{} of {} at {}", what, name, offset));
    };
    std::vector<std::byte> pack_head(kPackHeaderSize);
    if (os::read_at(pack, 0, pack_head, name) != pack_head.size() || !checksum_fits(pack_head, kPackChecksumSize) ||
        !std::equal(repository.bytes.begin(), repository.bytes.end(), pack_head.begin() + 24))
        throw Error(ErrorCode::damaged, name + " is no pack of this repository, or its header is damaged");

    std::vector<std::byte> header(kRecordHeaderSize);
    if (os::read_at(pack, offset, header, name) != header.size() || !checksum_fits(header, kRecordChecksumSize))
        throw damaged("broken record header");
    Reader reader(header, name);
    if (!std::ranges::equal(reader.take_bytes(kRecordMagic.size()), os::as_bytes(kRecordMagic)))
        throw damaged("no record");
    Record record;
    record.kind = static_cast<RecordKind>(reader.take<std::uint8_t>());
    const auto encoding = static_cast<Encoding>(reader.take<std::uint8_t>());
    reader.take<std::uint16_t>();
    const auto plain_size = reader.take<std::uint64_t>();
    const auto stored_size = reader.take<std::uint64_t>();
    if (plain_size > kMaximalRecord || stored_size > plain_size + 1024) throw damaged("impossible record size");
    std::ranges::copy(reader.take_bytes(32), record.hash.bytes.begin());
    std::ranges::copy(reader.take_bytes(32), record.base.bytes.begin());
    Digest checksum;
    std::ranges::copy(reader.take_bytes(32), checksum.bytes.begin());

    std::vector<std::byte> payload(stored_size);
    if (os::read_at(pack, offset + kRecordHeaderSize, payload, name) != payload.size() ||
        crypto::sha256(payload) != checksum)
        throw damaged("broken record");
    if (encoding == Encoding::zstd)
        record.plain = compression::decompress(payload, plain_size);
    else if (encoding == Encoding::raw && plain_size == stored_size)
        record.plain = std::move(payload);
    else
        throw damaged("unknown encoding");
    return record;
}

}  // namespace kist::repository
