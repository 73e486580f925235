#include "cli/prompt.hpp"

#include "cli/key_input.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

std::string read_line() {
    const auto line = read_secret(STDIN_FILENO, Until::newline, "the terminal");  // the reader that heeds signals
    const auto bytes = line.expose();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

bool can_ask() noexcept {
    return isatty(STDIN_FILENO) == 1;
}

std::string ask_line(const std::string& question) {
    fmt::print(stderr, "{}: ", question);
    return read_line();
}

bool confirm(const std::string& question) {
    fmt::print(stderr, "{} [y/N] ", question);
    const auto answer = read_line();
    return answer == "y" || answer == "Y" || answer == "yes";
}

bool type_back(const std::string& question, const std::string& expected) {
    const auto answer = ask_line(question);
    const auto begin = answer.find_first_not_of(" \t");
    return begin != std::string::npos && answer.substr(begin, answer.find_last_not_of(" \t") + 1 - begin) == expected;
}

}  // namespace kist::cli
