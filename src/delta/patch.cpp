#include "kist/delta/patch.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"

namespace kist::delta {
namespace {

class HashedSink {
  public:
    explicit HashedSink(const Sink& sink) : sink_(sink) {}

    void operator()(std::span<const std::byte> bytes) {
        hasher_.update(bytes);
        sink_(bytes);
    }

    void expect(const Digest& target) {
        if (hasher_.finish() != target)
            throw Error(ErrorCode::damaged, "a delta did not rebuild what it was made for: it or its basis is damaged");
    }

  private:
    const Sink& sink_;
    ContentHasher hasher_;
};

}  // namespace

void patch(const Delta& delta, const RangeReader& basis, const Digest& target, const Sink& sink) {
    HashedSink hashed(sink);
    for_each_piece(
        delta.script, [&](const Copy& copy) { send_range(basis, copy.source, copy.length, std::ref(hashed)); },
        [&](std::uint64_t offset, std::uint64_t length) {
            send_range(delta.literals, offset, length, std::ref(hashed));
        });
    hashed.expect(target);
}

void patch(DeltaReader& delta, const RangeReader& basis, const Digest& target, const Sink& sink) {
    HashedSink hashed(sink);
    const RangeReader literal = [&](std::uint64_t, std::span<std::byte> buffer) { delta.read_literal(buffer); };
    while (const auto instruction = delta.next())
        send_range(instruction->source ? basis : literal, instruction->source.value_or(0), instruction->length,
                   std::ref(hashed));
    hashed.expect(target);
}

}  // namespace kist::delta
