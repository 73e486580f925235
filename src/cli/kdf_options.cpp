#include "cli/kdf_options.hpp"

#include "kist/base/error.hpp"

#include "cli/size_option.hpp"

#include <limits>

#include <fmt/format.h>

namespace kist::cli {
namespace {

// With less libcryptsetup's benchmark may measure no time at all, and divides by it.
constexpr ByteCount kLeastMemory = 4 * kMiB;
// What cryptsetup takes for argon2id.
constexpr std::int64_t kFewestIterations = 4;

}  // namespace

void KdfOptions::declare(Options& options) {
    options.text("--pbkdf-memory", "SIZE", memory_, "Memory that a try of a passphrase costs (default: 256M)");
    options.number("--iter-time", "MS", milliseconds_, "Time that it costs, in milliseconds (default: 2000)");
    options.number("--pbkdf-force-iterations", "N", iterations_,
                   "Make N passes, and measure nothing (instead of --iter-time)");
}

luks::KdfCost KdfOptions::cost() const {
    luks::KdfCost cost;
    if (!memory_.empty()) cost.memory = parse_size("--pbkdf-memory", memory_);
    if (cost.memory < kLeastMemory)
        throw Error(ErrorCode::usage, "--pbkdf-memory " + to_string(cost.memory) + " is too little",
                    "The least is " + to_string(kLeastMemory) + ".");
    if (milliseconds_ > 0) cost.time = std::chrono::milliseconds(milliseconds_);
    if (iterations_ > 0) {
        if (milliseconds_ > 0)
            throw Error(ErrorCode::usage, "--iter-time and --pbkdf-force-iterations: give one of them");
        if (iterations_ < kFewestIterations || iterations_ > std::numeric_limits<std::uint32_t>::max())
            throw Error(ErrorCode::usage, fmt::format("--pbkdf-force-iterations {} cannot be", iterations_),
                        fmt::format("The least is {}, the most {}.", kFewestIterations,
                                    std::numeric_limits<std::uint32_t>::max()));
        cost.iterations = static_cast<std::uint32_t>(iterations_);
    }
    return cost;
}

}  // namespace kist::cli
