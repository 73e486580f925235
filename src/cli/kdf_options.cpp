#include "cli/kdf_options.hpp"

#include "cli/size_option.hpp"

namespace kist::cli {

void KdfOptions::declare(Options& options) {
    options.text("--pbkdf-memory", "SIZE", memory_, "Memory that a try of a passphrase costs (default: 256M)");
    options.number("--iter-time", "MS", milliseconds_, "Time that it costs, in milliseconds (default: 2000)");
}

luks::KdfCost KdfOptions::cost() const {
    luks::KdfCost cost;
    if (!memory_.empty()) cost.memory = parse_size("--pbkdf-memory", memory_);
    if (milliseconds_ > 0) cost.time = std::chrono::milliseconds(milliseconds_);
    return cost;
}

}  // namespace kist::cli
