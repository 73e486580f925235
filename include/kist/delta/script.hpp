#pragma once
// Which ranges of a target stand in its basis: the algebra of deltas, without the bytes. What no copy covers is
// literal. A forward script rebuilds the newer version from the older one, a reverse script the older from the newer.
// Plain values: 24 bytes for a copy, whatever the files' sizes.

#include <cstdint>
#include <vector>

namespace kist::delta {

// target[target, target + length) equals basis[source, source + length).
struct Copy {
    std::uint64_t target = 0;
    std::uint64_t source = 0;
    std::uint64_t length = 0;

    std::uint64_t target_end() const { return target + length; }
    std::uint64_t source_end() const { return source + length; }
    bool in_place() const { return target == source; }
    friend bool operator==(const Copy&, const Copy&) = default;
};

// Holds between calls:
//  1. copies are not empty, in the target's order, and do not overlap there;
//  2. they lie within basis_size and target_size;
//  3. no two neighbours could be one.
struct Script {
    std::uint64_t basis_size = 0;
    std::uint64_t target_size = 0;
    std::vector<Copy> copies;

    friend bool operator==(const Script&, const Script&) = default;
};

// Adds a copy that begins where the last one ends, or later; joins the two where they are one; ignores an empty one.
void append(Script& script, const Copy& copy);

std::uint64_t literal_bytes(const Script& script);
std::uint64_t moved_bytes(const Script& script);  // in copies that are not in place

// The same target with literals instead of the copies that move: a file can be patched with it where it lies, and the
// patching can be done again after a crash, as nothing that is read is overwritten.
Script in_place(const Script& script);

// Calls copy(const Copy&) and literal(target offset, length), in the target's order, for all of the target.
template <typename OnCopy, typename OnLiteral>
void for_each_piece(const Script& script, OnCopy copy, OnLiteral literal) {
    std::uint64_t done = 0;
    for (const auto& next : script.copies) {
        if (next.target > done) literal(done, next.target - done);
        copy(next);
        done = next.target_end();
    }
    if (done < script.target_size) literal(done, script.target_size - done);
}

}  // namespace kist::delta
