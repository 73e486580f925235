#include "kist/delta/range_reader.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <vector>

namespace kist::delta {
namespace {

constexpr std::uint64_t kPiece = 64U << 10U;

}  // namespace

RangeReader read_file(int fd, std::string name) {
    return [fd, name = std::move(name)](std::uint64_t offset, std::span<std::byte> buffer) {
        if (os::read_at(fd, offset, buffer, name) != buffer.size())
            throw Error(ErrorCode::damaged, "reading " + name + ": it is shorter than it was");
    };
}

RangeReader read_bytes(std::span<const std::byte> bytes) {
    return [bytes](std::uint64_t offset, std::span<std::byte> buffer) {
        const auto range = bytes.subspan(offset, buffer.size());
        std::copy(range.begin(), range.end(), buffer.begin());
    };
}

void send_range(const RangeReader& from, std::uint64_t offset, std::uint64_t length, const Sink& to) {
    std::vector<std::byte> buffer(std::min(length, kPiece));
    while (length > 0) {
        const auto piece = std::span(buffer).first(std::min<std::uint64_t>(length, buffer.size()));
        from(offset, piece);
        to(piece);
        offset += piece.size();
        length -= piece.size();
    }
}

}  // namespace kist::delta
