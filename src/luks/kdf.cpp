#include "luks/kdf.hpp"

#include <algorithm>
#include <string_view>
#include <thread>

namespace kist::luks {
namespace {

constexpr unsigned kMostThreads = 4;
constexpr std::uint32_t kFewestPbkdf2Passes = 1000;

crypt_pbkdf_type pbkdf2(const KdfCost& cost) {
    crypt_pbkdf_type type{};
    type.type = CRYPT_KDF_PBKDF2;
    type.hash = "sha256";
    type.time_ms = static_cast<std::uint32_t>(cost.time.count());
    if (cost.iterations || cost.kind == KdfKind::minimal) {
        type.iterations = std::max(cost.iterations.value_or(0), kFewestPbkdf2Passes);
        type.flags = CRYPT_PBKDF_NO_BENCHMARK;
    }
    return type;
}

crypt_pbkdf_type argon2id(const KdfCost& cost) {
    crypt_pbkdf_type type{};
    type.type = CRYPT_KDF_ARGON2ID;
    type.hash = "sha256";
    type.time_ms = static_cast<std::uint32_t>(cost.time.count());
    type.max_memory_kb = static_cast<std::uint32_t>(std::min<std::uint64_t>(cost.memory.value / 1024, UINT32_MAX));
    type.parallel_threads = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
    if (cost.iterations) {
        type.iterations = *cost.iterations;
        type.flags = CRYPT_PBKDF_NO_BENCHMARK;
    }
    return type;
}

}  // namespace

crypt_pbkdf_type pbkdf(const KdfCost& cost, const char* luks_type) {
    const bool knows_argon2 = std::string_view(luks_type) == CRYPT_LUKS2;
    return knows_argon2 && cost.kind == KdfKind::costly ? argon2id(cost) : pbkdf2(cost);
}

}  // namespace kist::luks
