#include "kist/repository/content_copies.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/repository.hpp"

#include "repository/damage.hpp"
#include "repository/delta_chain.hpp"

namespace kist::repository {
namespace {

constexpr std::size_t kTriedCopies = 16;
constexpr std::size_t kPastCache = 256U << 10U;  // for less the way to the disk takes too long

using SharedFile = std::shared_ptr<const os::Fd>;

SharedFile share(std::optional<os::Fd> file) {
    return file ? std::make_shared<const os::Fd>(std::move(*file)) : nullptr;
}

delta::RangeReader read_shared(SharedFile file, const std::string& name) {
    return [file, read = delta::read_file(file->get(), name)](std::uint64_t offset, std::span<std::byte> buffer) {
        read(offset, buffer);
    };
}

std::shared_ptr<ContentCopy> copy_of(const SharedFile& file, const std::string& name) {
    if (!file) return nullptr;
    return std::make_shared<ContentCopy>(read_shared(file, name), file, ContentCopy::Reading::parallel);
}

std::shared_ptr<ContentCopy> delta_over(const Repository& repository, const DeltaChain& chain, const SharedFile& file,
                                        const delta::RangeReader& bottom) {
    return std::make_shared<ContentCopy>(read_through(composed(repository, chain, bottom), bottom), file,
                                         ContentCopy::Reading::one_at_a_time);
}

}  // namespace

ContentCopy::ContentCopy(delta::RangeReader read, std::shared_ptr<const os::Fd> file, Reading reading)
    : read_(std::move(read)),
      file_(std::move(file)),
      ctime_(file_ ? os::status_of(file_->get()).ctime : Timestamp{}),
      reading_(reading) {
    if (!file_ || reading_ != Reading::parallel) return;
    uncached_.emplace(file_->get());
    if (uncached_->is_usable()) os::expect_random_reads(file_->get());  // what it has read ahead would be in the way
}

void ContentCopy::read(std::uint64_t offset, std::span<std::byte> buffer) {
    std::unique_lock lock(mutex_, std::defer_lock);
    if (reading_ == Reading::one_at_a_time) lock.lock();
    if (is_past_cache(buffer.size()) && uncached_->read(offset, buffer)) return;
    read_(offset, buffer);
}

bool ContentCopy::is_past_cache(std::size_t size) const noexcept {
    return size >= kPastCache && uncached_ && uncached_->is_usable();
}

void ContentCopy::expect(std::uint64_t offset, std::uint64_t size) const {
    if (file_) os::read_ahead(file_->get(), offset, size);
}

bool ContentCopy::is_unchanged() const {
    return !file_ || os::status_of(file_->get()).ctime == ctime_;
}

ContentCopies::ContentCopies(const Repository& repository, Catalog& catalog, const Content& content)
    : repository_(repository), catalog_(catalog) {
    add_plain_files(content);
    add_history(content);
}

std::shared_ptr<ContentCopy> ContentCopies::next() {
    while (next_ < openers_.size()) {
        try {
            if (auto copy = openers_[next_++]()) return copy;
        } catch (const Error& error) {
            if (!tells_of_damage(error)) throw;
        }
    }
    return nullptr;
}

void ContentCopies::add_plain_files(const Content& content) {
    for (const auto& path : catalog_.mirror_paths(content.id, kTriedCopies))
        openers_.emplace_back(
            [this, content, path] { return copy_of(share(find_plain(repository_, content, path)), plain_name(path)); });
}

void ContentCopies::add_history(const Content& content) {
    if (content.place == ContentPlace::kept)
        openers_.emplace_back(
            [this, content] { return copy_of(share(find_kept(repository_, content)), kept_name(content)); });
    if (content.place != ContentPlace::pack) return;
    if (content.base) return add_deltas(content);
    openers_.emplace_back([this, content] {
        return std::make_shared<ContentCopy>(open_records(repository_, content), nullptr,
                                             ContentCopy::Reading::one_at_a_time);
    });
}

// By each copy of the whole content at the chain's end.
void ContentCopies::add_deltas(const Content& content) {
    DeltaChain chain;
    try {
        chain = chain_of(catalog_, content);
    } catch (const Error& error) {
        if (!tells_of_damage(error)) throw;
        return;
    }
    const auto add = [&](auto find_file, const std::string& name) {
        openers_.emplace_back([this, chain, find_file, name]() -> std::shared_ptr<ContentCopy> {
            const auto file = share(find_file(chain.bottom));
            return file ? delta_over(repository_, chain, file, read_shared(file, name)) : nullptr;
        });
    };
    for (const auto& path : catalog_.mirror_paths(chain.bottom.id, kTriedCopies))
        add([this, path](const Content& bottom) { return find_plain(repository_, bottom, path); }, plain_name(path));
    if (chain.bottom.place == ContentPlace::kept)
        add([this](const Content& bottom) { return find_kept(repository_, bottom); }, kept_name(chain.bottom));
    if (chain.bottom.place == ContentPlace::pack)
        openers_.emplace_back(
            [this, chain] { return delta_over(repository_, chain, nullptr, open_records(repository_, chain.bottom)); });
}

}  // namespace kist::repository
