#pragma once
// A QR code for a terminal, by libqrencode: two rows of modules a line, black on white whatever the terminal's colours.

#include "kist/base/secret.hpp"

namespace kist::cli {

// UTF-8 with escape sequences. Errors: failed for what does not fit into a code.
Secret qr_code(const Secret& content);

}  // namespace kist::cli
