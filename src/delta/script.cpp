#include "kist/delta/script.hpp"

#include <cassert>

namespace kist::delta {

void append(Script& script, const Copy& copy) {
    if (copy.length == 0) return;
    assert(copy.target_end() <= script.target_size && copy.source_end() <= script.basis_size);
    if (!script.copies.empty()) {
        auto& last = script.copies.back();
        assert(last.target_end() <= copy.target);
        if (last.target_end() == copy.target && last.source_end() == copy.source) {
            last.length += copy.length;
            return;
        }
    }
    script.copies.push_back(copy);
}

std::uint64_t literal_bytes(const Script& script) {
    auto bytes = script.target_size;
    for (const auto& copy : script.copies) bytes -= copy.length;
    return bytes;
}

std::uint64_t moved_bytes(const Script& script) {
    std::uint64_t bytes = 0;
    for (const auto& copy : script.copies)
        if (!copy.in_place()) bytes += copy.length;
    return bytes;
}

Script in_place(const Script& script) {
    Script result{script.basis_size, script.target_size, {}};
    for (const auto& copy : script.copies)
        if (copy.in_place()) result.copies.push_back(copy);
    return result;
}

}  // namespace kist::delta
