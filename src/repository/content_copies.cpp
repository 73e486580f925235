#include "kist/repository/content_copies.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/repository.hpp"

#include "repository/damage.hpp"
#include "repository/delta_chain.hpp"
#include "repository/plain_file.hpp"

#include <algorithm>
#include <mutex>

namespace kist::repository {
namespace {

constexpr std::size_t kTriedCopies = 16;

using SharedFile = std::shared_ptr<PlainFile>;

SharedFile share(std::optional<os::Fd> file, const std::string& name) {
    return file ? std::make_shared<PlainFile>(std::move(*file), name) : nullptr;
}

delta::RangeReader read_shared(const SharedFile& file) {
    return [file](std::uint64_t offset, std::span<std::byte> buffer) { file->read(offset, buffer); };
}

std::shared_ptr<ContentCopy> copy_of(const SharedFile& file) {
    if (!file) return nullptr;
    file->go_past_cache();
    return std::make_shared<ContentCopy>(read_shared(file), file);
}

delta::RangeReader one_at_a_time(delta::RangeReader read) {
    return [mutex = std::make_shared<std::mutex>(), read = std::move(read)](std::uint64_t offset,
                                                                            std::span<std::byte> buffer) {
        const std::lock_guard lock(*mutex);
        read(offset, buffer);
    };
}

// A version before the file's: several read what is the same in both, one what the deltas hold.
std::shared_ptr<ContentCopy> delta_over(const Repository& repository, const DeltaChain& chain, const SharedFile& file) {
    if (!file) return nullptr;
    const auto bottom = read_shared(file);
    auto delta = composed(repository, chain, bottom);
    if (std::ranges::all_of(delta.script.copies, &delta::Copy::in_place)) file->go_past_cache();
    delta.literals = one_at_a_time(std::move(delta.literals));
    return std::make_shared<ContentCopy>(read_through(std::move(delta), bottom), file);
}

}  // namespace

ContentCopy::ContentCopy(delta::RangeReader read, std::shared_ptr<const PlainFile> file)
    : read_(std::move(read)), file_(std::move(file)) {}

void ContentCopy::read(std::uint64_t offset, std::span<std::byte> buffer) const {
    read_(offset, buffer);
}

bool ContentCopy::is_past_cache(std::size_t size) const noexcept {
    return file_ && file_->is_past_cache(size);
}

void ContentCopy::expect(std::uint64_t offset, std::uint64_t size) const {
    if (file_) file_->expect(offset, size);
}

bool ContentCopy::is_unchanged() const {
    return !file_ || file_->is_unchanged();
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
            [this, content, path] { return copy_of(share(find_plain(repository_, content, path), plain_name(path))); });
}

void ContentCopies::add_history(const Content& content) {
    if (content.place == ContentPlace::kept)
        openers_.emplace_back(
            [this, content] { return copy_of(share(find_kept(repository_, content), kept_name(content))); });
    if (content.place != ContentPlace::pack) return;
    if (content.base) return add_deltas(content);
    openers_.emplace_back([this, content] {
        return std::make_shared<ContentCopy>(one_at_a_time(open_records(repository_, content)), nullptr);
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
    for (const auto& path : catalog_.mirror_paths(chain.bottom.id, kTriedCopies))
        openers_.emplace_back([this, chain, path] {
            return delta_over(repository_, chain, share(find_plain(repository_, chain.bottom, path), plain_name(path)));
        });
    if (chain.bottom.place == ContentPlace::kept)
        openers_.emplace_back([this, chain] {
            return delta_over(repository_, chain, share(find_kept(repository_, chain.bottom), kept_name(chain.bottom)));
        });
    if (chain.bottom.place == ContentPlace::pack)
        openers_.emplace_back([this, chain] {
            const auto bottom = open_records(repository_, chain.bottom);
            auto read = read_through(composed(repository_, chain, bottom), bottom);
            return std::make_shared<ContentCopy>(one_at_a_time(std::move(read)), nullptr);
        });
}

}  // namespace kist::repository
