#include "kist/volume/locate.hpp"

#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/block/luks_devices.hpp"
#include "kist/os/directory.hpp"

#include <functional>
#include <vector>

namespace kist::volume {
namespace {

using Matches = std::function<bool(const block::LuksDevice&)>;

constexpr std::string_view kUuidTag = "UUID=";
constexpr std::string_view kLabelTag = "LABEL=";

Matches has_uuid(std::string_view text) {
    return [wanted = parse_uuid(text)](const auto& device) { return wanted && parse_uuid(device.uuid) == wanted; };
}

Matches has_label(std::string_view label) {
    return [label = std::string(label)](const auto& device) { return device.label == label; };
}

Matches meaning_of(std::string_view name) {
    if (name.starts_with(kUuidTag)) return has_uuid(name.substr(kUuidTag.size()));
    if (name.starts_with(kLabelTag)) return has_label(name.substr(kLabelTag.size()));
    return parse_uuid(name) ? has_uuid(name) : has_label(name);
}

[[noreturn]] void fail_ambiguous(std::string_view name, const std::vector<std::string>& paths) {
    std::string list;
    for (const auto& path : paths) list += (list.empty() ? "" : ", ") + os::printable(path);
    throw Error(ErrorCode::usage, "more than one disk is called " + os::printable(std::string(name)) + ": " + list,
                "Name the device. Of two with one UUID, one is a copy of the other: unplug the one you do not mean.");
}

}  // namespace

std::optional<std::string> locate(std::string_view name) {
    if (name.empty() || name == kUuidTag || name == kLabelTag) return std::nullopt;
    const auto matches = meaning_of(name);
    std::vector<std::string> paths;
    for (const auto& device : block::luks_devices())
        if (matches(device)) paths.push_back(device.path);
    if (paths.size() > 1) fail_ambiguous(name, paths);
    return paths.empty() ? std::nullopt : std::optional(paths.front());
}

}  // namespace kist::volume
