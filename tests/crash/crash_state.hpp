#pragma once
// What a disk may hold after the power fails: everything up to a flush that was answered, and any part of what was
// written after it, in any order, each write as a whole or only some of its sectors.

#include "crash/write_log.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kist::crash {

// The disk as it is when a flush has been answered, and what follows until the next.
struct Boundary {
    std::size_t first = 0;  // in the events: the first after the flush
    std::size_t end = 0;    // the next flush, or the end of the log
};

std::vector<Boundary> boundaries(const std::vector<Event>& events);

struct CrashState {
    std::vector<Event> writes;  // over the disk as it was at the boundary, in this order
    std::size_t marks = 0;      // so many were set before the power failed
    std::size_t left_out = 0;   // writes before that moment that are lost altogether
    std::size_t torn = 0;
};

// variant 0: all that was not flushed is lost, at the very end; 1: nothing of it; others: by chance, from `seed`. The
// same arguments give the same state. marks_before: those before the boundary.
CrashState make_state(const std::vector<Event>& events, const Boundary& boundary, std::size_t marks_before,
                      std::size_t variant, std::uint64_t seed);

void apply(const Event& write, std::vector<std::byte>& disk);

}  // namespace kist::crash
