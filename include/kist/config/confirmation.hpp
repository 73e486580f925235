#pragma once
// A configuration that came back by a rescue was written by whoever made that disk, and may have any program run. So
// its programs, hooks and passphrase commands, stay off until a person has looked at them: as long as a file
// FILE.unconfirmed stands beside the configuration's main file.

#include <string>

namespace kist::config {

// To be called before main_file itself is written, so that there is no moment at which it counts without the mark.
void hold_back_programs(const std::string& main_file);

bool are_programs_held_back(const std::string& main_file);

void confirm_programs(const std::string& main_file);  // also where there is no mark

}  // namespace kist::config
