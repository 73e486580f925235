#pragma once
// Finds the volume to rescue from on a system that knows nothing of it.

#include "cli/command.hpp"
#include "cli/session.hpp"

namespace kist::cli {

// What --volume says; else the only volume of Kist's that is open or plugged in, by its LUKS header, or where there is
// none the only other LUKS volume that is not in use (one that was adopted says nothing of Kist). Of several the person
// at the terminal chooses. Errors: not_found; usage where there are several and nobody can be asked.
Place find_rescue_place(Context& context);

}  // namespace kist::cli
