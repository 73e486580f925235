#pragma once
// Kist's own settings on this machine, as every backup keeps them in the volume, and a rescue brings them back. Keys
// are never among them.

#include "kist/repository/kept_configuration.hpp"

#include "cli/command.hpp"
#include "cli/session.hpp"

#include <optional>
#include <string>

namespace kist::cli {

// After a backup, for this machine. What goes wrong is only said: the backup is complete without it.
void keep_own_configuration(Context& context, const repository::Repository& repository, const Place& place);

// How the volume's disk was opened at boot.
struct KeptBoot {
    std::string mount_point;  // absolute
    std::string key_file;     // "": none
};
std::string to_text(const KeptBoot& boot);
// nullopt: it was not, or the text says nothing that could be true.
std::optional<KeptBoot> parse_kept_boot(const std::string& text);

}  // namespace kist::cli
