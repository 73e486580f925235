#pragma once
// Passwords that the system keeps: in the kernel's keyring (keyrings(7)), or in the folder in which systemd gives a
// service its credentials (systemd.exec(5), CREDENTIALS).

#include "kist/base/secret.hpp"

#include <string>

namespace kist::cli {

// The key of type "user" and this description, in the keyring of the session or of the user. Errors: not_found, failed
// where the kernel has no keyrings or does not let it be read.
Secret read_from_keyring(const std::string& description);

// Errors: usage for what is no name, or where there are no credentials; not_found.
Secret read_credential(const std::string& name);

}  // namespace kist::cli
