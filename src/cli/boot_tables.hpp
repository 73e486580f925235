#pragma once
// What the boot commands share.

#include "kist/volume/boot_entry.hpp"

#include <string>

namespace kist::cli {

inline constexpr const char* kBootRootHelp = "Edit the tables of the system mounted at DIR instead of this one's";

// "": this machine's own.
volume::BootTables boot_tables(const std::string& root);

}  // namespace kist::cli
