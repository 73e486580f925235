#include "browse/tree_contents.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace kist::browse {
namespace {

// Up to this size a content is read whole before its first byte is given out, and kept in memory while it is open.
constexpr std::uint64_t kSmall = 1U << 20U;
// Of contents that were read: 64 MiB of hashes.
constexpr std::uint64_t kRememberedBlocks = 2U << 20U;
constexpr std::size_t kRememberedContents = 4096;

class SmallFile : public fuse::OpenFile {
  public:
    SmallFile(ContentSource& source, const repository::Content& content) : source_(source), content_(content) {}

    std::size_t read(std::uint64_t offset, std::span<std::byte> buffer, const fuse::Interrupted&) override {
        if (offset >= content_.size) return 0;
        const auto bytes = std::span(whole()).subspan(static_cast<std::size_t>(offset));
        const auto taken = std::min(bytes.size(), buffer.size());
        std::copy_n(bytes.begin(), taken, buffer.begin());
        return taken;
    }

    bool may_keep_cache() const noexcept override { return true; }

  private:
    const std::vector<std::byte>& whole() {
        const std::lock_guard lock(mutex_);
        if (!bytes_) bytes_ = source_.read_whole(content_);
        return *bytes_;
    }

    ContentSource& source_;
    const repository::Content content_;
    std::mutex mutex_;
    std::optional<std::vector<std::byte>> bytes_;
};

// What the kernel keeps beyond an opening was verified.
class LargeFile : public fuse::OpenFile {
  public:
    explicit LargeFile(std::shared_ptr<VerifiedContent> content) : content_(std::move(content)) {
        content_->begin_use();
    }
    LargeFile(const LargeFile&) = delete;
    LargeFile& operator=(const LargeFile&) = delete;
    ~LargeFile() override { content_->end_use(); }

    std::size_t read(std::uint64_t offset, std::span<std::byte> buffer, const fuse::Interrupted& interrupted) override {
        return content_->read(offset, buffer, interrupted);
    }

    bool may_keep_cache() const noexcept override { return content_->is_verified(); }

  private:
    const std::shared_ptr<VerifiedContent> content_;
};

}  // namespace

std::unique_ptr<fuse::OpenFile> TreeContents::open(const repository::Content& content) {
    if (content.size <= kSmall) return std::make_unique<SmallFile>(source_, content);
    return std::make_unique<LargeFile>(find_large(content));
}

TreeContents::Known TreeContents::find_large(const repository::Content& content) {
    const std::lock_guard lock(mutex_);
    auto start = VerifiedContent::Start::reading;
    if (const auto found = by_hash_.find(content.hash); found != by_hash_.end()) {
        const auto& known = found->second->second;
        if (known->is_spoiled()) start = VerifiedContent::Start::verifying;
        if (known->id() == content.id && !known->is_spoiled()) {
            recent_.splice(recent_.begin(), recent_, found->second);
            return recent_.front().second;
        }
        drop(found->second);
    }
    recent_.emplace_front(content.hash, std::make_shared<VerifiedContent>(source_, content, start));
    by_hash_[content.hash] = recent_.begin();
    weight_ += recent_.front().second->weight();
    while (recent_.size() > 1 && (weight_ > kRememberedBlocks || recent_.size() > kRememberedContents))
        drop(std::prev(recent_.end()));
    return recent_.front().second;
}

// Whoever has it open still keeps it.
void TreeContents::drop(Recent::iterator which) {
    weight_ -= which->second->weight();
    by_hash_.erase(which->first);
    recent_.erase(which);
}

}  // namespace kist::browse
