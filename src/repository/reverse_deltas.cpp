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

#include "repository/layout.hpp"

#include <memory>

namespace kist::repository {
namespace {

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

Error not_what_it_was(const OldFile& old) {
    return {ErrorCode::damaged, old.name + " does not hold what was backed up"};
}

// The old version's bytes as its signature has them, together with that.
class OldVersion {
  public:
    OldVersion(const OldFile& file, delta::Signature signature)
        : signature_(std::move(signature)), reader_(file.fd, file.name, signature_) {}

    const delta::Signature& signature() const { return signature_; }
    void read(std::uint64_t offset, std::span<std::byte> buffer) { reader_(offset, buffer); }

  private:
    delta::Signature signature_;
    delta::VerifiedReader reader_;
};

}  // namespace

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
    const auto threads = os::core_count();
    const auto& rule = delta::rule_for({old.size}, {newer.size});
    auto known = signatures_.find(old.hash, old.size);
    if (!known) known = delta::sign({old.fd, old.name, old.size}, {rule.level}, threads);
    if (known->content != old.hash) throw not_what_it_was(old);
    const auto version = std::make_shared<OldVersion>(old, std::move(*known));

    const auto file = std::make_shared<os::Fd>(open_staged(repository_, newer));
    auto match = delta::match({file->get(), newer.staged, newer.size}, version->signature(), threads);
    if (match.signature.content != newer.hash) return std::nullopt;
    const auto read_old = [version](std::uint64_t offset, std::span<std::byte> buffer) {
        version->read(offset, buffer);
    };
    auto reverse = delta::trim(delta::invert(match.script), read_old, delta::read_file(file->get(), newer.staged));
    signatures_.store(std::move(match.signature));
    signatures_.remove(old.hash);
    if (!delta::is_worth_keeping({delta::encoded_size(reverse)}, {old.size})) return std::nullopt;
    return delta::Delta{std::move(reverse), read_old};
}

}  // namespace kist::repository
