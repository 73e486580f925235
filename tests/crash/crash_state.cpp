#include "crash/crash_state.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <random>

namespace kist::crash {
namespace {

constexpr std::size_t kSector = 512;
// ext4's superblock spans two sectors under one checksum, and the kernel writes it in place: no mount survives half of
// it, whoever uses the filesystem. So the block that holds it is never torn.
constexpr std::size_t kSuperblockEnd = 4096;

using Chance = std::mt19937_64;

bool happens(Chance& chance, double probability) {
    return std::bernoulli_distribution(probability)(chance);
}

std::size_t up_to(Chance& chance, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(chance);
}

// Some of its sectors: a beginning, an end, or any.
std::vector<Event> tear(const Event& write, Chance& chance) {
    const auto sectors = write.bytes.size() / kSector;
    const auto way = up_to(chance, 2);
    const auto cut = up_to(chance, sectors);
    std::vector<Event> pieces;
    for (std::size_t i = 0; i < sectors; ++i) {
        if (way == 0 ? i >= cut : way == 1 ? i < cut : happens(chance, 0.5)) continue;
        const auto* const begin = write.bytes.data() + i * kSector;
        pieces.push_back({EventKind::write, write.offset + i * kSector, {begin, begin + kSector}});
    }
    return pieces;
}

// How much of what was written late arrives; each state has its own mood.
double share_that_arrives(Chance& chance) {
    constexpr std::array kShares{0.1, 0.5, 0.9, 0.97};
    return kShares.at(up_to(chance, kShares.size() - 1));
}

void add_by_chance(CrashState& state, const std::vector<const Event*>& writes, Chance& chance) {
    const double share = share_that_arrives(chance);
    const double tearing = happens(chance, 0.5) ? 0.3 : 0;
    for (const auto* write : writes) {
        if (!happens(chance, share)) {
            ++state.left_out;
        } else if (write->offset >= kSuperblockEnd && happens(chance, tearing)) {
            ++state.torn;
            std::ranges::move(tear(*write, chance), std::back_inserter(state.writes));
        } else {
            state.writes.push_back(*write);
        }
    }
}

}  // namespace

std::vector<Boundary> boundaries(const std::vector<Event>& events) {
    std::vector<Boundary> found{{0, 0}};
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].kind != EventKind::flush) continue;
        found.back().end = i;
        found.push_back({i + 1, 0});
    }
    found.back().end = events.size();
    return found;
}

CrashState make_state(const std::vector<Event>& events, const Boundary& boundary, std::size_t marks_before,
                      std::size_t variant, std::uint64_t seed) {
    Chance chance(seed);
    const auto length = boundary.end - boundary.first;
    const auto moment = boundary.first + (variant < 2 || happens(chance, 0.3) ? length : up_to(chance, length));
    CrashState state;
    state.marks = marks_before;
    std::vector<const Event*> writes;
    for (std::size_t i = boundary.first; i < moment; ++i) {
        if (events[i].kind == EventKind::mark) ++state.marks;
        if (events[i].kind == EventKind::write) writes.push_back(&events[i]);
    }
    if (variant == 0) {
        state.left_out = writes.size();
    } else if (variant == 1) {
        for (const auto* write : writes) state.writes.push_back(*write);
    } else {
        if (happens(chance, 0.5)) std::ranges::shuffle(writes, chance);
        add_by_chance(state, writes, chance);
    }
    return state;
}

void apply(const Event& write, std::vector<std::byte>& disk) {
    std::ranges::copy(write.bytes, disk.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

}  // namespace kist::crash
