#include "volume/systemd_names.hpp"

#include <fmt/format.h>

namespace kist::volume {
namespace {

bool stays(char c, bool first) {
    if (c == '.') return !first;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_';
}

std::string escape(std::string_view text) {
    std::string escaped;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '/')
            escaped += '-';
        else if (stays(text[i], i == 0))
            escaped += text[i];
        else
            escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    }
    return escaped;
}

}  // namespace

std::string systemd_unit_of_path(std::string_view path, std::string_view type) {
    const auto name = path == "/" ? "-" : escape(path.substr(1));
    return fmt::format("{}.{}", name, type);
}

std::string systemd_instance(std::string_view unit, std::string_view name, std::string_view type) {
    return fmt::format("{}@{}.{}", unit, escape(name), type);
}

}  // namespace kist::volume
