#include "repository/reverse_deltas.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/delta/inversion.hpp"
#include "kist/delta/matcher.hpp"
#include "kist/delta/policy.hpp"
#include "kist/delta/trimming.hpp"
#include "kist/delta/verified_reader.hpp"
#include "kist/os/file.hpp"
#include "kist/os/parallel.hpp"

#include "repository/delta_chain.hpp"
#include "repository/difference_stager.hpp"
#include "repository/layout.hpp"

#include <algorithm>
#include <memory>

namespace kist::repository {
namespace {

constexpr std::uint64_t kReadAhead = 64U << 20U;

os::Fd open_staged(const Repository& repository, const Successor& newer) {
    const auto staged = repository.control().open_directory(kStaging).open_directory(kStagedIn);
    const auto slash = newer.staged.rfind('/');
    if (slash == std::string::npos) return staged.open_file(newer.staged);
    return staged.open_below(newer.staged.substr(0, slash)).open_file(newer.staged.substr(slash + 1));
}

std::optional<std::vector<std::byte>> read_right(int file, const std::string& name, const Digest& hash,
                                                 std::uint64_t size) {
    std::vector<std::byte> content(size);
    if (os::read_at(file, 0, content, name) != size || delta::content_hash(content) != hash) return std::nullopt;
    return content;
}

// What the reverse delta holds of the old version is read in small pieces, twice: the disk is asked for it at once.
void read_literals_ahead(const OldFile& old, const delta::Script& reverse) {
    std::uint64_t left = kReadAhead;
    delta::for_each_piece(
        reverse, [](const delta::Copy&) {},
        [&](std::uint64_t offset, std::uint64_t length) {
            const auto taken = std::min(left, length);
            os::read_ahead(old.fd, offset, taken);
            left -= taken;
        });
}

Error not_what_it_was(const OldFile& old) {
    return {ErrorCode::damaged, old.name + " does not hold what was backed up"};
}

}  // namespace

// A version's bytes as its signature has them, together with that.
class ReverseDeltas::Version {
  public:
    Version(const OldFile& file, delta::KnownSignature signature)
        : signature_(std::move(signature)), reader_(file.fd, file.name, signature_) {}

    const delta::KnownSignature& signature() const { return signature_; }
    void read(std::uint64_t offset, std::span<std::byte> buffer) { reader_(offset, buffer); }

  private:
    delta::KnownSignature signature_;
    delta::VerifiedReader reader_;
};

// How the old version is made out of the new one, and the new one's bytes.
struct ReverseDeltas::NewVersion {
    delta::Script reverse;
    delta::RangeReader bytes;
};

ReverseDeltas::ReverseDeltas(const Repository& repository) : repository_(repository), signatures_(repository) {}

std::optional<EncodedRecord> ReverseDeltas::against(const Successor& newer, const Digest& hash,
                                                    std::span<const std::byte> content) const {
    if (delta::rule_for({content.size()}, {newer.size}).method != delta::Method::prefix) return std::nullopt;
    const auto base = read_right(open_staged(repository_, newer).get(), newer.staged, newer.hash, newer.size);
    if (!base) return std::nullopt;
    return encode_record({RecordKind::content, hash, newer.hash, {content.begin(), content.end()}}, *base);
}

std::optional<EncodedRecord> ReverseDeltas::against(const Successor& newer, const OldFile& old) const {
    const auto content = read_right(old.fd, old.name, old.hash, old.size);
    if (!content) throw not_what_it_was(old);
    return against(newer, old.hash, *content);
}

std::optional<delta::Delta> ReverseDeltas::in_blocks(const Successor& newer, const OldFile& old) {
    const auto version = std::make_shared<Version>(old, signature_of(old, newer));
    auto next = recall(newer, version);
    if (!next) next = match(newer, *version);
    if (!next) return std::nullopt;
    const auto read_old = [version](std::uint64_t offset, std::span<std::byte> buffer) {
        version->read(offset, buffer);
    };
    read_literals_ahead(old, next->reverse);
    auto reverse = delta::trim(next->reverse, read_old, next->bytes);
    signatures_.remove(old.hash);
    if (!newer.patch && !delta::is_worth_keeping({delta::encoded_size(reverse)}, {old.size})) return std::nullopt;
    return delta::Delta{std::move(reverse), read_old};
}

// Read whole but where staging has just found it sound, which asked for the same parts.
delta::KnownSignature ReverseDeltas::signature_of(const OldFile& old, const Successor& newer) {
    try {
        if (auto known = signatures_.find(old.hash, old.size)) {
            if (!newer.reverse) known->read_all();
            return std::move(*known);
        }
    } catch (const Error&) {
        signatures_.remove(old.hash);
    }
    auto signature =
        delta::sign({old.fd, old.name, old.size}, {delta::rule_for({old.size}, {newer.size}).level}, os::core_count());
    if (signature.content != old.hash) throw not_what_it_was(old);
    return signature;
}

// nullopt where staging has not found out, or where it cannot be told any more that the file is what was staged.
std::optional<ReverseDeltas::NewVersion> ReverseDeltas::recall(const Successor& newer,
                                                               const std::shared_ptr<Version>& old) const {
    if (!newer.reverse) return std::nullopt;
    if (newer.patch) {
        const auto staging = repository_.control().open_directory(kStaging);
        const auto log = std::make_shared<const RedoLog>(DifferenceStager::open_log(staging, *newer.patch));
        auto bytes =
            read_through(log->as_delta(old->signature().size()),
                         [old](std::uint64_t offset, std::span<std::byte> buffer) { old->read(offset, buffer); });
        return NewVersion{*newer.reverse,
                          [log, bytes = std::move(bytes)](auto offset, auto buffer) { bytes(offset, buffer); }};
    }
    auto signature = signatures_.find(newer.hash, newer.size);
    if (!signature) return std::nullopt;
    const auto file = std::make_shared<os::Fd>(open_staged(repository_, newer));
    const auto version =
        std::make_shared<Version>(OldFile{file->get(), newer.staged, newer.hash, newer.size}, std::move(*signature));
    return NewVersion{*newer.reverse, [file, version](auto offset, auto buffer) { version->read(offset, buffer); }};
}

std::optional<ReverseDeltas::NewVersion> ReverseDeltas::match(const Successor& newer, Version& old) {
    const auto file = std::make_shared<os::Fd>(open_staged(repository_, newer));
    auto match = delta::match({file->get(), newer.staged, newer.size}, old.signature(), os::core_count());
    if (match.signature.content != newer.hash) return std::nullopt;
    signatures_.store(std::move(match.signature));
    return NewVersion{delta::invert(match.script), [file, read = delta::read_file(file->get(), newer.staged)](
                                                       auto offset, auto buffer) { read(offset, buffer); }};
}

}  // namespace kist::repository
