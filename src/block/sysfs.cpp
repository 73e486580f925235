#include "block/sysfs.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <sys/sysmacros.h>

namespace kist::block {
namespace {

constexpr std::string_view kBlanks = " \t\n\0";

std::string trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(std::string_view(kBlanks.data(), 4));
    if (begin == std::string_view::npos) return "";
    return std::string(text.substr(begin, text.find_last_not_of(std::string_view(kBlanks.data(), 4)) - begin + 1));
}

}  // namespace

std::optional<std::string> sysfs_folder(std::uint64_t number) {
    std::error_code error;
    const auto link = "/sys/dev/block/" + std::to_string(major(number)) + ":" + std::to_string(minor(number));
    auto folder = std::filesystem::canonical(link, error);
    return error ? std::nullopt : std::optional(folder.string());
}

std::optional<std::string> attribute(const std::string& folder, const std::string& name) {
    try {
        return trimmed(os::read_small_file(folder + "/" + name));
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::optional<std::uint64_t> number_attribute(const std::string& folder, const std::string& name) {
    const auto text = attribute(folder, name);
    std::uint64_t number = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc()) return {};
    return number;
}

std::uint64_t device_number_of(const std::string& folder) {
    const auto text = attribute(folder, "dev").value_or("");
    unsigned major_number = 0;
    unsigned minor_number = 0;
    const auto* const end = text.data() + text.size();
    const auto* const colon = std::from_chars(text.data(), end, major_number).ptr;
    if (colon == end || std::from_chars(colon + 1, end, minor_number).ec != std::errc()) return 0;
    return makedev(major_number, minor_number);
}

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

std::string_view last_component(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace kist::block
