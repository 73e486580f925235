#include "cli/lockout_notes.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/local_state.hpp"

namespace kist::cli {

std::vector<std::string> lockout_notes(const Place& place) {
    const auto container = place.open ? place.open->container : place.container;
    if (container.empty()) return {};
    try {
        const auto header = luks::Header::load(container);
        const auto state = volume::read_local_state(volume::local_state_folder(), header.uuid());
        return volume::lockout_risks(state, header, os::printable(container));
    } catch (const Error&) {
        return {};
    }
}

}  // namespace kist::cli
