#include "cli/kdf_options.hpp"

#include "kist/base/error.hpp"

#include "cli/size_option.hpp"

namespace kist::cli {
namespace {

// With less libcryptsetup's benchmark may measure no time at all, and divides by it.
constexpr ByteCount kLeastMemory = 4 * kMiB;

}  // namespace

void KdfOptions::declare(Options& options) {
    options.text("--pbkdf-memory", "SIZE", memory_, "Memory that a try of a passphrase costs (default: 256M)");
    options.number("--iter-time", "MS", milliseconds_, "Time that it costs, in milliseconds (default: 2000)");
}

luks::KdfCost KdfOptions::cost() const {
    luks::KdfCost cost;
    if (!memory_.empty()) cost.memory = parse_size("--pbkdf-memory", memory_);
    if (cost.memory < kLeastMemory)
        throw Error(ErrorCode::usage, "--pbkdf-memory " + to_string(cost.memory) + " is too little",
                    "The least is " + to_string(kLeastMemory) + ".");
    if (milliseconds_ > 0) cost.time = std::chrono::milliseconds(milliseconds_);
    return cost;
}

}  // namespace kist::cli
