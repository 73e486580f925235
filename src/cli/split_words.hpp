#pragma once
// A command line in one text, as the user gives it in an option or in the environment.

#include <string>
#include <string_view>
#include <vector>

namespace kist::cli {

// Words as a shell would split them: blanks separate, '…', "…" and \ quote; nothing is expanded. from: where it comes
// from, for the usage Error where a quote is open or there is no word.
std::vector<std::string> split_words(std::string_view command, std::string_view from);

}  // namespace kist::cli
