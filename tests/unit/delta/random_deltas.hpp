#pragma once
// Versions of a file with deltas between them, made up at random; the same seed gives the same ones.

#include "kist/delta/content_hash.hpp"
#include "kist/delta/delta.hpp"
#include "kist/delta/patch.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace kist::delta::test {

using Bytes = std::vector<std::byte>;

class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
    // Small numbers as often as large ones.
    std::uint64_t any_size(std::uint64_t limit) { return below(1 + below(1 + below(limit))); }
    // Few different values, so that equal bytes meet by chance.
    Bytes bytes(std::size_t count, std::uint64_t values = 4) {
        Bytes result(count);
        for (auto& byte : result) byte = static_cast<std::byte>(below(values));
        return result;
    }

  private:
    std::mt19937_64 engine_;
};

// How many random cases: `usual`, times what KIST_CASES says for a longer search.
inline std::size_t case_count(std::size_t usual) {
    const char* times = std::getenv("KIST_CASES");
    return usual * (times == nullptr ? 1 : std::strtoul(times, nullptr, 10));
}

struct Step {
    Delta delta;
    Bytes target;
};

// Copies from anywhere in the basis, twice or overlapping, and literals between them.
inline Step random_step(Random& random, const Bytes& basis) {
    Bytes target;
    std::vector<Copy> copies;
    for (auto pieces = random.below(12); pieces > 0; --pieces) {
        if (random.below(3) == 0 || basis.empty()) {
            const auto literal = random.bytes(random.below(90));
            target.insert(target.end(), literal.begin(), literal.end());
            continue;
        }
        const auto source = random.below(basis.size());
        const auto length = 1 + random.below(basis.size() - source);
        copies.push_back({target.size(), source, length});
        const auto from = basis.begin() + static_cast<std::ptrdiff_t>(source);
        target.insert(target.end(), from, from + static_cast<std::ptrdiff_t>(length));
        if (target.size() > 2000) break;
    }
    Script script{basis.size(), target.size(), {}};
    for (const auto& copy : copies) append(script, copy);
    const auto literals = [target](std::uint64_t offset, std::span<std::byte> buffer) {
        read_bytes(target)(offset, buffer);
    };
    return {{std::move(script), literals}, std::move(target)};
}

inline Bytes encoded(const Delta& delta) {
    Bytes stream;
    encode(delta, [&](std::span<const std::byte> bytes) { stream.insert(stream.end(), bytes.begin(), bytes.end()); });
    return stream;
}

// One whose stream is long enough to be cut in many ways.
inline Step long_step(Random& random, const Bytes& basis) {
    while (true)
        if (auto step = random_step(random, basis); encoded_size(step.delta.script) > 200) return step;
}

inline Bytes patched(const Delta& delta, const Bytes& basis, const Digest& target) {
    Bytes result;
    patch(delta, read_bytes(basis), target,
          [&](std::span<const std::byte> bytes) { result.insert(result.end(), bytes.begin(), bytes.end()); });
    return result;
}

inline Delta decoded(const Bytes& stream, const Script& script) {
    return decode(read_bytes(stream), stream.size(), {script.basis_size, script.target_size});
}

// Whether the script's copies are what it says, by its definition.
inline bool holds(const Script& script, const Bytes& basis, const Bytes& target) {
    if (script.basis_size != basis.size() || script.target_size != target.size()) return false;
    std::uint64_t done = 0;
    for (const auto& copy : script.copies) {
        if (copy.length == 0 || copy.target < done || copy.target_end() > target.size()) return false;
        if (copy.source_end() > basis.size()) return false;
        if (!std::equal(target.begin() + static_cast<std::ptrdiff_t>(copy.target),
                        target.begin() + static_cast<std::ptrdiff_t>(copy.target_end()),
                        basis.begin() + static_cast<std::ptrdiff_t>(copy.source)))
            return false;
        done = copy.target_end();
    }
    return true;
}

inline std::string as_text(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace kist::delta::test
