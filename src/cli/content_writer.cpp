#include "cli/content_writer.hpp"

#include "kist/base/error.hpp"

#include "cli/interrupt.hpp"

#include <algorithm>
#include <array>

namespace kist::cli {
namespace {

constexpr std::size_t kMostHeld = 32 * 1024 * 1024;

}  // namespace

void ContentWriter::write(repository::ContentReader& reader, const repository::Content& content) {
    reader.read(
        content, [this](std::uint64_t offset, std::span<const std::byte> data) { take(offset, data); },
        [this] { restart(); });
    pad_to(content.size);
    write_held();
}

void ContentWriter::take(std::uint64_t offset, std::span<const std::byte> data) {
    throw_if_interrupted();
    pad_to(offset);
    append(data);
}

void ContentWriter::restart() {
    if (written_ > 0)
        throw Error(ErrorCode::damaged, "the copy that was read is damaged, and part of it has been written already",
                    "Throw the output away. `kist restore` takes a good copy where there is one.");
    held_.clear();
    position_ = 0;
}

void ContentWriter::pad_to(std::uint64_t offset) {
    static constexpr std::array<std::byte, 64 * 1024> kZeros{};
    while (position_ < offset)
        append(std::span(kZeros).first(std::min<std::uint64_t>(kZeros.size(), offset - position_)));
}

void ContentWriter::append(std::span<const std::byte> data) {
    if (held_.size() + data.size() > kMostHeld) write_held();
    held_.insert(held_.end(), data.begin(), data.end());
    position_ += data.size();
}

void ContentWriter::write_held() {
    output_.bytes(held_);
    written_ += held_.size();
    held_.clear();
}

}  // namespace kist::cli
