#include "kist/delta/delta.hpp"

#include "kist/base/error.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace kist::delta {
namespace {

constexpr std::array kMagic{std::byte{'r'}, std::byte{'s'}, std::byte{0x02}, std::byte{0x36}};
constexpr unsigned kEnd = 0x00;
constexpr unsigned kLongestShort = 0x40;
constexpr unsigned kLiteral = 0x41;
constexpr unsigned kCopy = 0x45;
constexpr unsigned kReserved = 0x55;
constexpr std::size_t kBufferSize = 64U << 10U;

// Widths are numbered 0 to 3: 1, 2, 4 or 8 bytes.
unsigned width_of(std::uint64_t number) {
    return static_cast<unsigned>(number > 0xff) + static_cast<unsigned>(number > 0xffff) +
           static_cast<unsigned>(number > 0xffff'ffff);
}

class Opcode {
  public:
    explicit Opcode(unsigned code) { bytes_[size_++] = static_cast<std::byte>(code); }
    Opcode& number(std::uint64_t number, unsigned width) {
        for (auto left = 1U << width; left-- > 0;) bytes_[size_++] = static_cast<std::byte>(number >> (8 * left));
        return *this;
    }
    std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }

  private:
    std::array<std::byte, 17> bytes_{};
    std::size_t size_ = 0;
};

Opcode opcode_of(const Copy& copy) {
    const auto offset = width_of(copy.source);
    const auto length = width_of(copy.length);
    return Opcode(kCopy + 4 * offset + length).number(copy.source, offset).number(copy.length, length);
}

Opcode literal_opcode(std::uint64_t length) {
    if (length <= kLongestShort) return Opcode(static_cast<unsigned>(length));
    const auto width = width_of(length);
    return Opcode(kLiteral + width).number(length, width);
}

[[noreturn]] void refuse(const char* why) {
    throw Error(ErrorCode::damaged, std::string("a delta is damaged: ") + why);
}

}  // namespace

void encode(const Delta& delta, const Sink& sink) {
    sink(kMagic);
    for_each_piece(
        delta.script, [&](const Copy& copy) { sink(opcode_of(copy).bytes()); },
        [&](std::uint64_t target, std::uint64_t length) {
            sink(literal_opcode(length).bytes());
            send_range(delta.literals, target, length, sink);
        });
    sink(Opcode(kEnd).bytes());
}

std::uint64_t encoded_size(const Script& script) {
    std::uint64_t size = kMagic.size() + 1;
    for_each_piece(
        script, [&](const Copy& copy) { size += opcode_of(copy).bytes().size(); },
        [&](std::uint64_t, std::uint64_t length) { size += literal_opcode(length).bytes().size() + length; });
    return size;
}

DeltaReader::DeltaReader(Source source, const Sizes& sizes)
    : source_(std::move(source)), sizes_(sizes), buffer_(kBufferSize), target_left_(sizes.target) {
    for (const auto expected : kMagic)
        if (take() != expected) refuse("it does not begin as one");
}

std::optional<DeltaReader::Instruction> DeltaReader::next() {
    skip_literal();
    const auto opcode = std::to_integer<unsigned>(take());
    if (opcode == kEnd) {
        expect_end();
        return std::nullopt;
    }
    if (opcode >= kReserved) refuse("an instruction that means nothing");
    const auto instruction = opcode < kCopy ? take_literal(opcode) : take_copy(opcode - kCopy);
    account(instruction.length);
    return instruction;
}

void DeltaReader::read_literal(std::span<std::byte> bytes) {
    if (bytes.size() > literal_left_) refuse("a literal is shorter than what is asked of it");
    literal_left_ -= bytes.size();
    while (!bytes.empty()) {
        refill();
        const auto taken = std::min(bytes.size(), unread_.size());
        std::copy_n(unread_.begin(), taken, bytes.begin());
        unread_ = unread_.subspan(taken);
        bytes = bytes.subspan(taken);
        position_ += taken;
    }
}

// Leaves at least one byte to be taken.
void DeltaReader::refill() {
    if (!unread_.empty()) return;
    unread_ = std::span(buffer_).first(source_(buffer_));
    if (unread_.empty()) refuse("it ends too early");
}

std::byte DeltaReader::take() {
    refill();
    const auto byte = unread_.front();
    unread_ = unread_.subspan(1);
    ++position_;
    return byte;
}

std::uint64_t DeltaReader::take_number(unsigned width) {
    std::uint64_t number = 0;
    for (unsigned i = 0; i < 1U << width; ++i) number = number << 8U | std::to_integer<std::uint64_t>(take());
    return number;
}

DeltaReader::Instruction DeltaReader::take_literal(unsigned opcode) {
    literal_left_ = opcode < kLiteral ? opcode : take_number(opcode - kLiteral);
    return {std::nullopt, literal_left_};
}

DeltaReader::Instruction DeltaReader::take_copy(unsigned opcode) {
    const auto source = take_number(opcode / 4);
    const auto length = take_number(opcode % 4);
    if (source > sizes_.basis || length > sizes_.basis - source) refuse("it copies from beyond its basis");
    return {source, length};
}

void DeltaReader::account(std::uint64_t length) {
    if (length == 0) refuse("an empty instruction");
    if (length > target_left_) refuse("it makes more than its target");
    target_left_ -= length;
}

void DeltaReader::skip_literal() {
    while (literal_left_ > 0) {
        refill();
        const auto skipped = std::min<std::uint64_t>(literal_left_, unread_.size());
        unread_ = unread_.subspan(skipped);
        literal_left_ -= skipped;
        position_ += skipped;
    }
}

void DeltaReader::expect_end() {
    if (target_left_ != 0) refuse("it makes less than its target");
    if (!unread_.empty() || source_(buffer_) != 0) refuse("it goes on behind its end");
}

namespace {

struct LiteralPlace {
    std::uint64_t target;
    std::uint64_t position;
};

// Neighbouring literals of a target may lie apart in a stream that others wrote.
class LiteralPlaces {
  public:
    LiteralPlaces(RangeReader stream, std::vector<LiteralPlace> places)
        : stream_(std::move(stream)), places_(std::move(places)) {}

    void operator()(std::uint64_t target, std::span<std::byte> buffer) const {
        auto next = std::ranges::upper_bound(places_, target, {}, &LiteralPlace::target);
        while (!buffer.empty()) {
            const auto& place = *(next - 1);
            const auto end = next == places_.end() ? target + buffer.size() : next->target;
            const auto piece = buffer.first(std::min<std::uint64_t>(buffer.size(), end - target));
            stream_(place.position + (target - place.target), piece);
            target += piece.size();
            buffer = buffer.subspan(piece.size());
            ++next;
        }
    }

  private:
    RangeReader stream_;
    std::vector<LiteralPlace> places_;
};

DeltaReader::Source from_beginning(const RangeReader& stream, std::uint64_t size) {
    return [&stream, size, at = std::uint64_t{0}](std::span<std::byte> buffer) mutable {
        const auto piece = buffer.first(std::min<std::uint64_t>(buffer.size(), size - at));
        if (!piece.empty()) stream(at, piece);
        at += piece.size();
        return piece.size();
    };
}

}  // namespace

Delta decode(RangeReader stream, std::uint64_t size, const Sizes& sizes) {
    Script script{sizes.basis, sizes.target, {}};
    std::vector<LiteralPlace> places;
    DeltaReader reader(from_beginning(stream, size), sizes);
    std::uint64_t target = 0;
    while (const auto instruction = reader.next()) {
        if (instruction->source)
            append(script, {target, *instruction->source, instruction->length});
        else
            places.push_back({target, reader.position()});
        target += instruction->length;
    }
    return {std::move(script), LiteralPlaces(std::move(stream), std::move(places))};
}

}  // namespace kist::delta
