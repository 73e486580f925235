#include "cli/pager.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/split_words.hpp"

#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

}  // namespace

std::vector<std::string> pager_words() {
    for (const char* name : {"KIST_PAGER", "PAGER"}) {
        const char* const value = std::getenv(name);
        if (value == nullptr) continue;
        if (std::string_view(value).find_first_not_of(" \t\n") == std::string_view::npos) return {};
        auto words = split_words(value, name);
        if (words == std::vector<std::string>{"cat"}) words.clear();
        return words;
    }
    return {"less", "-FRX"};
}

Colours colours_for(const std::string& when, const Output& output) {
    if (when == "always") return Colours::on;
    if (when == "never") return Colours::off;
    if (when != "auto")
        throw Error(ErrorCode::usage, fmt::format("--color {}: it is auto, always or never", os::printable(when)));
    const bool is_wanted = output.is_terminal() && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
    return is_wanted ? Colours::on : Colours::off;
}

}  // namespace kist::cli
