#include "kist/delta/known_signature.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "delta/node_groups.hpp"
#include "delta/signature_form.hpp"

#include <array>
#include <atomic>
#include <mutex>

namespace kist::delta {
namespace {

constexpr auto kName = "a signature";

// The head of the signature of so many bytes. nullopt: the file is not one.
std::optional<std::vector<std::byte>> read_head(int fd, std::uint64_t size) {
    const os::ScatteredReading scattered(fd);  // no nodes are read ahead
    std::array<std::byte, kLevelEnd> begin{};
    if (os::read_at(fd, 0, begin, kName) != begin.size()) return std::nullopt;
    const auto level = decode_level(begin);
    if (!level) return std::nullopt;
    const auto blocks = BlockShape{*level}.block_count(size);
    if (os::status_of(fd).size != head_size(blocks) + blocks * sizeof(Digest)) return std::nullopt;
    std::vector<std::byte> bytes(head_size(blocks));
    if (os::read_at(fd, 0, bytes, kName) != bytes.size()) return std::nullopt;
    return bytes;
}

}  // namespace

// The nodes of blocks, group by group.
class KnownSignature::Groups {
  public:
    Groups(os::Fd file, std::uint64_t offset, std::vector<Digest> groups, std::uint64_t blocks)
        : file_(std::move(file)),
          scattered_(file_.get()),
          offset_(offset),
          groups_(std::move(groups)),
          is_known_(groups_.size()),
          nodes_(blocks) {}

    const Digest& node(std::uint64_t block) {
        const auto group = block / kBlocksInGroup;
        if (!is_known_[group].load(std::memory_order_acquire)) read(group);
        return nodes_[block];
    }

    void learn(std::uint64_t first, std::span<const Digest> nodes) {
        const auto skipped = (kBlocksInGroup - first % kBlocksInGroup) % kBlocksInGroup;
        if (skipped >= nodes.size()) return;
        first += skipped;
        nodes = nodes.subspan(skipped);
        for (auto group = first / kBlocksInGroup; group < groups_.size() && !nodes.empty(); ++group) {
            const auto count = blocks_in(group);
            if (nodes.size() < count) return;
            if (!is_known_[group].load(std::memory_order_acquire)) take(group, nodes.first(count));
            nodes = nodes.subspan(count);
        }
    }

    void read_all() {
        for (std::uint64_t group = 0; group < groups_.size(); ++group) node(group * kBlocksInGroup);
    }

  private:
    std::size_t blocks_in(std::uint64_t group) const {
        return std::min<std::uint64_t>(kBlocksInGroup, nodes_.size() - group * kBlocksInGroup);
    }

    void read(std::uint64_t group) {
        const auto count = blocks_in(group);
        std::array<std::byte, kBlocksInGroup * sizeof(Digest)> bytes{};
        const auto wanted = std::span(bytes).first(count * sizeof(Digest));
        const auto offset = offset_ + group * kBlocksInGroup * sizeof(Digest);
        std::array<Digest, kBlocksInGroup> nodes{};
        if (is_read(offset, wanted))
            for (std::size_t i = 0; i < count; ++i) nodes[i] = decode_digest(wanted.subspan(i * sizeof(Digest)));
        if (!take(group, std::span(nodes).first(count)))
            throw Error(ErrorCode::damaged, "reading the signature of an older version: it has rotted");
    }

    bool is_read(std::uint64_t offset, std::span<std::byte> bytes) const {
        try {
            return os::read_at(file_.get(), offset, bytes, kName) == bytes.size();
        } catch (const Error&) {
            return false;
        }
    }

    // false: they are not the group's.
    bool take(std::uint64_t group, std::span<const Digest> nodes) {
        if (node_of_group(nodes, nodes_.size()) != groups_[group]) return false;
        const std::lock_guard lock(mutex_);
        if (is_known_[group].load(std::memory_order_relaxed)) return true;
        std::copy(nodes.begin(), nodes.end(), nodes_.begin() + static_cast<std::ptrdiff_t>(group * kBlocksInGroup));
        is_known_[group].store(true, std::memory_order_release);
        return true;
    }

    const os::Fd file_;
    const os::ScatteredReading scattered_;
    const std::uint64_t offset_;
    const std::vector<Digest> groups_;
    std::mutex mutex_;  // for writing into what follows
    std::vector<std::atomic<bool>> is_known_;
    std::vector<Digest> nodes_;  // of a group valid once it is known, and never changed after that
};

KnownSignature::KnownSignature(Signature signature) : signature_(std::move(signature)) {}
KnownSignature::KnownSignature(Signature signature, std::unique_ptr<Groups> groups)
    : signature_(std::move(signature)), groups_(std::move(groups)) {}
KnownSignature::KnownSignature(KnownSignature&&) noexcept = default;
KnownSignature& KnownSignature::operator=(KnownSignature&&) noexcept = default;
KnownSignature::~KnownSignature() = default;

std::optional<KnownSignature> KnownSignature::open(os::Fd file, const Digest& content, std::uint64_t size) {
    const auto bytes = read_head(file.get(), size);
    if (!bytes) return std::nullopt;
    auto head = decode_head(*bytes, content, size);
    if (!head) return std::nullopt;
    const auto blocks = head->signature.hints.size();
    auto groups = std::make_unique<Groups>(std::move(file), bytes->size(), std::move(head->groups), blocks);
    return KnownSignature(std::move(head->signature), std::move(groups));
}

const Digest& KnownSignature::node(std::uint64_t block) const {
    return groups_ ? groups_->node(block) : signature_.nodes[block];
}

void KnownSignature::learn(std::uint64_t first, std::span<const Digest> nodes) const {
    if (groups_) groups_->learn(first, nodes);
}

void KnownSignature::read_all() const {
    if (groups_) groups_->read_all();
}

}  // namespace kist::delta
