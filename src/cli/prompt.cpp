#include "cli/prompt.hpp"

#include "cli/key_input.hpp"

#include <cstdio>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {

bool can_ask() noexcept {
    return isatty(STDIN_FILENO) == 1;
}

bool confirm(const std::string& question) {
    fmt::print(stderr, "{} [y/N] ", question);
    const auto line = read_secret(STDIN_FILENO, Until::newline, "the terminal");  // the reader that heeds signals
    const auto bytes = line.expose();
    const std::string_view answer(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace kist::cli
