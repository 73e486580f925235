#pragma once
// How what is read on a terminal is shown.

#include "cli/output.hpp"

#include <string>
#include <vector>

namespace kist::cli {

// $KIST_PAGER, else $PAGER, else `less -FRX`, in words: no shell is involved. Empty where it is set to nothing or to
// `cat`. Errors: usage, for a quote that is not closed.
std::vector<std::string> pager_words();

// when: "auto" (a terminal, and $NO_COLOR is not set and $TERM not "dumb"), "always" or "never". Errors: usage, for
// anything else.
Colours colours_for(const std::string& when, const Output& output);

}  // namespace kist::cli
