#include "repository/delta_chain.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/composition.hpp"
#include "kist/delta/patch.hpp"
#include "kist/os/file.hpp"

#include "repository/content_records.hpp"
#include "repository/layout.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

namespace kist::repository {
namespace {

// No chain of this program's is as long.
constexpr std::size_t kRefusedChain = 64;
constexpr std::size_t kTriedCopies = 16;

Error damaged(const std::string& what) {
    return {ErrorCode::damaged, what};
}

std::vector<std::byte> read_all(const delta::RangeReader& bytes, std::uint64_t size) {
    if (size > kLargestPrefixed) throw damaged("a content is compressed against one that is too large");
    std::vector<std::byte> all(size);
    bytes(0, all);
    return all;
}

// A content that is all literal, so that it needs no basis.
delta::Delta literal(std::vector<std::byte> content, std::uint64_t basis_size) {
    const auto bytes = std::make_shared<const std::vector<std::byte>>(std::move(content));
    return {{basis_size, bytes->size(), {}},
            [bytes](std::uint64_t offset, std::span<std::byte> buffer) { delta::read_bytes (*bytes)(offset, buffer); }};
}

delta::RangeReader read_open(const std::shared_ptr<const os::Fd>& file, const std::string& name) {
    return [file, read = delta::read_file(file->get(), name)](std::uint64_t offset, std::span<std::byte> buffer) {
        read(offset, buffer);
    };
}

// nullopt unless it is a plain file of the content's size.
std::optional<os::Fd> of_its_size(std::optional<os::Fd> file, const Content& content) {
    if (!file) return std::nullopt;
    const auto status = os::status_of(file->get());
    if (status.type != os::FileType::regular || status.size != content.size) return std::nullopt;
    return file;
}

std::optional<delta::RangeReader> read_found(std::optional<os::Fd> file, const std::string& name) {
    if (!file) return std::nullopt;
    return read_open(std::make_shared<const os::Fd>(std::move(*file)), name);
}

// Adds one link to what makes its base.
delta::Delta add_link(const Repository& repository, const Content& link, const Content& base,
                      std::optional<delta::Delta> base_delta, const Content& bottom,
                      const delta::RangeReader& bottom_bytes) {
    const auto records = std::make_shared<ContentRecords>(repository, link);
    if (records->is_prefixed()) {
        const auto base_bytes = base_delta ? read_through(std::move(*base_delta), bottom_bytes) : bottom_bytes;
        return literal(records->read_prefixed(read_all(base_bytes, base.size)), bottom.size);
    }
    const auto stream = [records](std::uint64_t offset, std::span<std::byte> buffer) { records->read(offset, buffer); };
    auto delta = delta::decode(stream, records->size(), {base.size, link.size});
    if (!base_delta) return delta;
    return *delta::compose(std::move(delta), std::move(*base_delta));
}

}  // namespace

DeltaChain chain_of(Catalog& catalog, const Content& content, const std::function<bool(const Content&)>& ends_at) {
    DeltaChain chain;
    Content next = content;
    while (next.base && (chain.links.empty() || !ends_at(next))) {
        if (chain.links.size() == kRefusedChain)
            throw damaged(fmt::format("the chain of deltas below content {} has no end", content.id));
        chain.links.push_back(next);
        next = catalog.content(*next.base);
    }
    chain.bottom = next;
    return chain;
}

delta::Delta composed(const Repository& repository, const DeltaChain& chain, const delta::RangeReader& bottom) {
    std::optional<delta::Delta> delta;
    const auto* base = &chain.bottom;
    for (auto link = chain.links.rbegin(); link != chain.links.rend(); ++link) {
        delta = add_link(repository, *link, *base, std::move(delta), chain.bottom, bottom);
        base = &*link;
    }
    if (!delta) throw damaged("a chain of deltas without any");
    return std::move(*delta);
}

delta::RangeReader read_through(delta::Delta delta, delta::RangeReader basis) {
    return [delta = std::move(delta), basis = std::move(basis)](std::uint64_t offset, std::span<std::byte> buffer) {
        const auto& copies = delta.script.copies;
        for (auto copy = std::ranges::upper_bound(copies, offset, {}, &delta::Copy::target_end); !buffer.empty();) {
            const bool is_copied = copy != copies.end() && copy->target <= offset;
            const auto end = is_copied              ? copy->target_end()
                             : copy == copies.end() ? offset + buffer.size()
                                                    : copy->target;
            const auto piece = buffer.first(std::min<std::uint64_t>(buffer.size(), end - offset));
            is_copied ? basis(copy->source + (offset - copy->target), piece) : delta.literals(offset, piece);
            offset += piece.size();
            buffer = buffer.subspan(piece.size());
            if (is_copied) ++copy;
        }
    };
}

std::optional<os::Fd> find_plain(const Repository& repository, const Content& content, const std::string& mirror_path) {
    const auto slash = mirror_path.rfind('/');
    const auto folder = repository.mirror().find_below(mirror_path.substr(0, slash));
    return folder ? of_its_size(folder->find_file(mirror_path.substr(slash + 1)), content) : std::nullopt;
}

std::optional<os::Fd> find_kept(const Repository& repository, const Content& content) {
    const auto kept = repository.control().open_directory(kHistory).open_directory(kKept);
    return of_its_size(kept.find_file(to_hex(content.hash)), content);
}

std::string plain_name(const std::string& mirror_path) {
    return fmt::format("{}/{}", kMirror, os::printable(mirror_path));
}

std::string kept_name(const Content& content) {
    return fmt::format("{}/{}/{}", kHistory, kKept, to_hex(content.hash));
}

std::optional<delta::RangeReader> open_plain(const Repository& repository, const Content& content,
                                             const std::string& mirror_path) {
    return read_found(find_plain(repository, content, mirror_path), plain_name(mirror_path));
}

std::optional<delta::RangeReader> open_kept(const Repository& repository, const Content& content) {
    return read_found(find_kept(repository, content), kept_name(content));
}

delta::RangeReader open_records(const Repository& repository, const Content& content) {
    const auto records = std::make_shared<ContentRecords>(repository, content);
    return [records](std::uint64_t offset, std::span<std::byte> buffer) { records->read(offset, buffer); };
}

delta::RangeReader open_content(const Repository& repository, Catalog& catalog, const Content& content) {
    for (const auto& path : catalog.mirror_paths(content.id, kTriedCopies))
        if (auto file = open_plain(repository, content, path)) return *file;
    if (content.base) {
        const auto chain = chain_of(catalog, content);
        const auto bottom = open_content(repository, catalog, chain.bottom);
        return read_through(composed(repository, chain, bottom), bottom);
    }
    if (content.place == ContentPlace::pack) return open_records(repository, content);
    auto kept = content.place == ContentPlace::kept ? open_kept(repository, content) : std::nullopt;
    if (kept) return *kept;
    throw damaged("no copy is left of " + catalog.example_of(content.id));
}

}  // namespace kist::repository
