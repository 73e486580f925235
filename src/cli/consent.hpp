#pragma once
// Before something is destroyed: the user types its name, or a script names it beyond doubt.

#include <string>
#include <vector>

namespace kist::cli {

// option: what was given for --yes-erase, or "". Must be one of `identifiers`, the first of which is recommended. With
// none given the terminal is asked for `name`. Errors: usage where nobody can be asked (it shows the option to give),
// where the option names something else, and where another name is typed; interrupted.
void require_typed_name(const std::string& option, const std::vector<std::string>& identifiers,
                        const std::string& name);

}  // namespace kist::cli
