#pragma once
// The configuration as commands see it: read when the first of them asks, so that a mistake in it keeps nobody from
// `kist version`, or from a restore that says everything itself. One thread.

#include "kist/config/reading.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::cli {

class Configured {
  public:
    std::string file;  // --config; empty: the usual place. /dev/null: nothing is configured

    std::string path() const;  // where it is looked for; "": nowhere

    // With what is wrong in it. Errors: as of config::read().
    const config::Reading& reading() const;
    // The same, where nothing is wrong with it; else a usage Error that lists it.
    const config::Configuration& get() const;

    // It came back by a rescue, and nobody has confirmed what it would have run (config/confirmation.hpp).
    bool are_programs_held_back() const;

    // The volume that a command is about which was given `name`, "" for none. nullptr: the configuration knows nothing
    // of it. What has a slash in it is a path, and not looked up.
    const config::Volume* find_volume(const std::string& name) const;

  private:
    mutable std::optional<config::Reading> reading_;
};

// kist.toml's usual place: /etc/kist for root, else kist in $XDG_CONFIG_HOME or ~/.config. "": nowhere.
std::string configuration_folder();

// "FILE:LINE:COLUMN: message".
std::string to_text(const config::Problem& problem);

// Of files that the configuration names: for root the path that os::require_guarded() returns, else `path` itself.
std::string trusted_file(const std::string& path);
// The same for the program of a command; it is looked up in PATH. Errors: not_found where there is none.
void require_trusted_program(const std::vector<std::string>& command);

}  // namespace kist::cli
