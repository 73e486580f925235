#include "repository/signature_cache.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/policy.hpp"
#include "kist/os/file.hpp"

#include "repository/layout.hpp"

#include <set>

namespace kist::repository {
namespace {

constexpr std::uint64_t kSmallestSigned = 1U << 20U;  // less than any rule of delta/policy.hpp says

// What goes wrong with a cache is nobody's trouble.
template <typename Call>
void try_to(Call call) {
    try {
        call();
    } catch (const Error&) {
        return;
    }
}

std::string unfinished(const std::string& name) {
    return name + ".new";
}

}  // namespace

SignatureCache::SignatureCache(const Repository& repository)
    : folder_(repository.control().ensure_directory(kSignatures)) {}

std::optional<delta::KnownSignature> SignatureCache::find(const Digest& content, std::uint64_t size) const {
    const auto shape = delta::signature_shape({size});
    if (!shape) return std::nullopt;
    std::optional<delta::KnownSignature> signature;
    try_to([&] {
        if (auto file = folder_.find_file(to_hex(content)))
            signature = delta::KnownSignature::open(std::move(*file), content, size);
    });
    return signature;
}

void SignatureCache::store(delta::Signature signature) const {
    const auto shape = delta::signature_shape({signature.size});
    if (!shape) return;
    while (signature.shape.level < shape->level) signature = delta::coarsen(signature);
    if (signature.shape != *shape) return;
    const auto name = to_hex(signature.content);
    try_to([&] {
        folder_.remove_tree(unfinished(name));
        const auto file = folder_.open_file_for_writing(unfinished(name), os::Create::exclusive);
        os::write_at(file.get(), 0, delta::encode(signature), name);
        folder_.rename_replacing(unfinished(name), folder_, name);
    });
}

void SignatureCache::remove(const Digest& content) const {
    try_to([&] { folder_.remove_tree(to_hex(content)); });
}

void SignatureCache::sweep(sqlite::Database& catalog) const {
    try_to([&] {
        std::set<std::string> wanted;
        auto large = catalog.prepare("SELECT hash FROM main.content WHERE place = 0 AND size > ?");
        large.bind(1, static_cast<std::int64_t>(kSmallestSigned));
        while (large.step()) wanted.insert(to_hex(large.blob(0)));
        for (const auto& entry : folder_.entries())
            if (!wanted.contains(entry.name)) folder_.remove_tree(entry.name);
    });
}

}  // namespace kist::repository
