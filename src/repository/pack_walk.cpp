#include "repository/pack_walk.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace kist::repository {
namespace {

constexpr std::size_t kSearched = 1U << 20U;
constexpr std::string_view kMagic = "KREC";
constexpr std::string_view kSuffix = ".pack";

}  // namespace

PackWalk::PackWalk(const os::Directory& history, std::int64_t number, const Uuid& repository)
    : name_(pack_name(number)), file_(history.open_file(name_)), size_(os::status_of(file_.get()).size) {
    require_pack_of(file_.get(), repository, name_);
}

std::optional<WalkedRecord> PackWalk::next() {
    auto record = record_at(position_);
    if (!record) record = search();
    if (record) position_ = record->end();
    if (!record && position_ < size_) broken_.push_back(std::exchange(position_, size_));
    return record;
}

std::vector<std::byte> PackWalk::plain(const WalkedRecord& record) const {
    return read_plain(file_.get(), record.offset, record.head, {}, name_);
}

std::optional<WalkedRecord> PackWalk::record_at(std::uint64_t offset) const {
    if (offset > size_ || size_ - offset < kRecordHeaderSize) return std::nullopt;
    try {
        const WalkedRecord record{offset, read_record_head(file_.get(), offset, name_)};
        if (record.head.payload_size > size_ - offset - kRecordHeaderSize || record.end() > size_) return std::nullopt;
        return record;
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        return std::nullopt;
    }
}

// Records begin at multiples of eight.
std::optional<WalkedRecord> PackWalk::search() {
    std::vector<std::byte> bytes(kSearched);
    for (auto at = position_ + 8; at < size_; at += kSearched) {
        const auto got = os::read_at(file_.get(), at, bytes, name_);
        for (std::size_t i = 0; i + kMagic.size() <= got; i += 8) {
            if (!std::ranges::equal(std::span(bytes).subspan(i, kMagic.size()), os::as_bytes(kMagic))) continue;
            if (auto record = record_at(at + i)) {
                broken_.push_back(position_);
                return record;
            }
        }
    }
    return std::nullopt;
}

std::vector<std::int64_t> list_packs(const os::Directory& history) {
    std::vector<std::int64_t> numbers;
    for (const auto& entry : history.entries()) {
        const std::string_view name = entry.name;
        std::int64_t number = 0;
        const auto* const end = name.data() + name.size();
        const auto [stopped, error] = std::from_chars(name.data(), end, number);
        if (error == std::errc() && number > 0 && std::string_view(stopped, end) == kSuffix &&
            pack_name(number) == name)
            numbers.push_back(number);
    }
    std::ranges::sort(numbers);
    return numbers;
}

}  // namespace kist::repository
