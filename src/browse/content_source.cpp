#include "browse/content_source.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/content_reader.hpp"

#include <algorithm>
#include <cerrno>

namespace kist::browse {
namespace {

void require_same(const std::optional<repository::Content>& found, const repository::Content& wanted) {
    if (!found || found->hash != wanted.hash || found->size != wanted.size)
        throw Error::from_errno(ESTALE, "the content was forgotten");
}

}  // namespace

bool ContentSource::offer_copies(const repository::Content& content, const Take& take) {
    auto catalog = catalogs_.lease();
    repository::ContentReader patience(repository_, *catalog);
    for (;;) {
        const auto version = catalog->version();
        const auto found = catalog->find_content(content.id);
        require_same(found, content);
        repository::ContentCopies copies(repository_, *catalog, *found);
        while (const auto copy = copies.next())
            if (take(copy)) return true;
        if (!patience.is_worth_another_look(version)) return false;
    }
}

std::vector<std::byte> ContentSource::read_whole(const repository::Content& content) {
    std::vector<std::byte> bytes(content.size);
    auto catalog = catalogs_.lease();
    require_same(catalog->find_content(content.id), content);
    repository::ContentReader reader(repository_, *catalog);
    const auto read = reader.read(
        content.id,
        [&](std::uint64_t offset, std::span<const std::byte> data) {
            if (offset > bytes.size() || data.size() > bytes.size() - offset) require_same(std::nullopt, content);
            std::copy(data.begin(), data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        },
        [&] { std::ranges::fill(bytes, std::byte{0}); });
    require_same(read, content);
    return bytes;
}

}  // namespace kist::browse
