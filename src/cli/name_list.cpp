#include "cli/name_list.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr std::size_t kLimit = 256U << 20U;

std::string read_standard_input() {
    std::string text;
    std::array<std::byte, 65536> buffer{};
    while (const auto got = os::read_some(STDIN_FILENO, buffer, "standard input")) {
        text.append(reinterpret_cast<const char*>(buffer.data()), got);
        if (text.size() > kLimit) throw Error(ErrorCode::failed, "standard input is larger than a list can be");
    }
    return text;
}

bool has_dot_dot(const std::string& name) {
    const auto framed = "/" + name + "/";
    return framed.find("/../") != std::string::npos;
}

}  // namespace

std::vector<std::string> read_name_list(const std::string& file, NameEnd end) {
    const auto text = file == "-" ? read_standard_input() : os::read_small_file(file, kLimit);
    std::vector<std::string> names;
    for (std::size_t at = 0; at < text.size();) {
        const auto stop = std::min(text.find(end == NameEnd::nul ? '\0' : '\n', at), text.size());
        auto name = text.substr(at, stop - at);
        at = stop + 1;
        if (end == NameEnd::newline && name.ends_with('\r')) name.pop_back();
        if (name.empty() || (end == NameEnd::newline && (name.front() == '#' || name.front() == ';'))) continue;
        if (name.find('\0') != std::string::npos)
            throw Error(ErrorCode::usage, os::printable(file) + " has NUL bytes in it",
                        "If its names end with NUL: --from0.");
        if (has_dot_dot(name))
            throw Error(ErrorCode::usage,
                        fmt::format("{}: {}: .. leads out", os::printable(file), os::printable(name)));
        names.push_back(std::move(name));
    }
    if (names.empty()) throw Error(ErrorCode::usage, os::printable(file) + " lists nothing");
    return names;
}

}  // namespace kist::cli
