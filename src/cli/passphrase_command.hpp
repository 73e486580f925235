#pragma once
// A program that prints the passphrase, run without a shell.

#include "kist/base/secret.hpp"

#include <string>
#include <vector>

namespace kist::cli {

// Its standard output up to the first newline goes straight into the Secret. The program keeps the terminal, to ask its
// own questions. Errors: failed where it cannot be started or ends with anything but 0.
Secret read_from_command(const std::vector<std::string>& argv);

}  // namespace kist::cli
