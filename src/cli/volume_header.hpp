#pragma once
// The LUKS header of the volume that a command names, open or closed.

#include "kist/luks/header.hpp"
#include "kist/luks/keyslots.hpp"

#include "cli/command.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"

#include <string>

namespace kist::cli {

struct VolumeHeader {
    Place place;
    std::string container;
    std::string name;  // of the container, printable
    luks::Header header;
};

// Errors: as find_place() and luks::Header::load(); usage for a folder, which has none.
VolumeHeader load_header(const GlobalOptions& options);

// The file or device of the volume. Errors: usage for a folder.
std::string container_of(const Place& place);

// What `key list` and `header dump` say of the slots.
Json json_of(const luks::Keyslot& slot);
void print_keyslots(Context& context, const luks::Header& header);

}  // namespace kist::cli
