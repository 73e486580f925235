#include "repository/redo_log.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "repository/byte_order.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace kist::repository {
namespace {

constexpr std::string_view kMagic = "KISTREDO";
constexpr std::size_t kHeaderSize = 8 + 8 + 8 + 8 + 32;
constexpr std::size_t kRangeSize = 1 + 8 + 8;
constexpr std::size_t kBufferSize = 1U << 20U;
constexpr std::uint64_t kWithHoles = 1;

constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kData = 1;  // its bytes follow
constexpr std::uint8_t kZeros = 2;

}  // namespace

FilePatcher::FilePatcher(int file, std::string name, std::uint64_t size, bool with_holes)
    : file_(file), name_(std::move(name)), with_holes_(with_holes) {
    os::truncate(file_, size, name_);
}

void FilePatcher::write(std::uint64_t offset, std::span<const std::byte> data) {
    os::write_at(file_, offset, data, name_);
}

void FilePatcher::clear(std::uint64_t offset, std::uint64_t length) {
    if (with_holes_ && os::punch_hole(file_, offset, length, name_)) return;
    const std::vector<std::byte> zeros(std::min<std::uint64_t>(length, kBufferSize));
    while (length > 0) {
        const auto piece = std::span(zeros).first(std::min<std::uint64_t>(length, zeros.size()));
        os::write_at(file_, offset, piece, name_);
        offset += piece.size();
        length -= piece.size();
    }
}

std::optional<RedoLog> find_redo_log(const os::Directory& redo, const std::string& name) {
    auto file = redo.find_file(name);
    if (!file) return std::nullopt;
    try {
        return RedoLog(std::move(*file), name);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        return std::nullopt;
    }
}

void carry_out_patch(const RedoLog& log, const os::Directory& folder, const std::string& name) {
    // A hostile catalog may name anything: a device is not even opened.
    const auto expect_regular = [&](const os::FileStatus& status) {
        if (status.type != os::FileType::regular)
            throw Error(ErrorCode::damaged, "a redo log is for " + os::printable(name) + ", which is no plain file");
    };
    expect_regular(folder.status(name));
    const auto file = folder.open_file_for_writing(name, os::Create::no);
    expect_regular(os::status_of(file.get()));
    FilePatcher patcher(file.get(), name, log.target().size, log.target().with_holes);
    log.carry_out(patcher);
    if (os::is_on_fuse(file.get())) os::sync_file(file.get(), name);
}

RedoLogWriter::RedoLogWriter(os::Fd log, std::string name, const PatchTarget& target)
    : log_(std::move(log)), name_(std::move(name)) {
    put_bytes(pending_, os::as_bytes(kMagic));
    put(pending_, target.inode);
    put(pending_, target.size);
    put(pending_, target.with_holes ? kWithHoles : 0);
    put_bytes(pending_, target.content.bytes);
}

void RedoLogWriter::write(std::uint64_t offset, std::span<const std::byte> data) {
    add(kData, offset, data.size());
    put_bytes(pending_, data);
    if (pending_.size() >= kBufferSize) flush();
}

void RedoLogWriter::clear(std::uint64_t offset, std::uint64_t length) {
    add(kZeros, offset, length);
}

const os::Fd& RedoLogWriter::finish() {
    add(kEnd, 0, 0);
    flush();
    return log_;
}

void RedoLogWriter::add(std::uint8_t kind, std::uint64_t offset, std::uint64_t length) {
    put(pending_, kind);
    put(pending_, offset);
    put(pending_, length);
}

void RedoLogWriter::flush() {
    os::write_at(log_.get(), written_, pending_, name_);
    written_ += pending_.size();
    pending_.clear();
}

RedoLog::RedoLog(os::Fd log, std::string name) : log_(std::move(log)), name_(std::move(name)) {
    const auto read = [this](std::uint64_t position, std::span<std::byte> bytes) {
        if (os::read_at(log_.get(), position, bytes, name_) != bytes.size())
            throw Error(ErrorCode::damaged, name_ + " ends too early");
    };
    std::array<std::byte, kHeaderSize> header{};
    read(0, header);
    Reader fields(header, name_);
    if (!std::ranges::equal(fields.take_bytes(kMagic.size()), os::as_bytes(kMagic)))
        throw Error(ErrorCode::damaged, name_ + " is no redo log");
    target_.inode = fields.take<std::uint64_t>();
    target_.size = fields.take<std::uint64_t>();
    target_.with_holes = (fields.take<std::uint64_t>() & kWithHoles) != 0;
    std::ranges::copy(fields.take_bytes(target_.content.bytes.size()), target_.content.bytes.begin());

    std::uint64_t done = 0;
    for (std::uint64_t position = kHeaderSize;;) {
        std::array<std::byte, kRangeSize> head{};
        read(position, head);
        position += kRangeSize;
        Reader range(head, name_);
        const auto kind = range.take<std::uint8_t>();
        const auto offset = range.take<std::uint64_t>();
        const auto length = range.take<std::uint64_t>();
        if (kind == kEnd) return;
        const bool fits = offset >= done && offset <= target_.size && length > 0 && length <= target_.size - offset;
        if (kind > kZeros || !fits) throw Error(ErrorCode::damaged, name_ + " holds a range that cannot be");
        ranges_.push_back({offset, length, kind == kData ? position : 0});
        if (kind == kData) position += length;
        done = offset + length;
    }
}

void RedoLog::carry_out(PatchSink& sink) const {
    std::vector<std::byte> buffer(kBufferSize);
    for (const auto& range : ranges_) {
        if (range.position == 0) {
            sink.clear(range.offset, range.length);
            continue;
        }
        for (std::uint64_t at = 0; at < range.length;) {
            const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), range.length - at));
            read_new(range.offset + at, piece);
            sink.write(range.offset + at, piece);
            at += piece.size();
        }
    }
}

delta::Delta RedoLog::as_delta(std::uint64_t old_size) const {
    delta::Script script{old_size, target_.size, {}};
    std::uint64_t done = 0;
    const auto copy_to = [&](std::uint64_t end) {
        if (end > done && end > old_size) throw Error(ErrorCode::damaged, name_ + " does not fit the file it is for");
        delta::append(script, {done, done, end - done});
    };
    for (const auto& range : ranges_) {
        copy_to(range.offset);
        done = range.offset + range.length;
    }
    copy_to(target_.size);
    return {std::move(script), [this](std::uint64_t offset, std::span<std::byte> buffer) { read_new(offset, buffer); }};
}

void RedoLog::read_new(std::uint64_t offset, std::span<std::byte> buffer) const {
    auto range = std::ranges::upper_bound(ranges_, offset, {}, [](const Range& r) { return r.offset + r.length; });
    while (!buffer.empty()) {
        if (range == ranges_.end() || range->offset > offset)
            throw Error(ErrorCode::damaged, name_ + " does not hold what is asked of it");
        const auto piece = buffer.first(std::min<std::uint64_t>(buffer.size(), range->offset + range->length - offset));
        if (range->position == 0)
            std::ranges::fill(piece, std::byte{});
        else if (os::read_at(log_.get(), range->position + (offset - range->offset), piece, name_) != piece.size())
            throw Error(ErrorCode::damaged, name_ + " ends too early");
        offset += piece.size();
        buffer = buffer.subspan(piece.size());
        ++range;
    }
}

}  // namespace kist::repository
