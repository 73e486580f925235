#include "kist/block/luks_devices.hpp"

#include "kist/base/error.hpp"
#include "kist/block/signature.hpp"

#include "block/sysfs.hpp"

#include <algorithm>
#include <optional>

namespace kist::block {
namespace {

const std::string kDevices = "/sys/class/block";

// The kernel's names of mapped devices are numbers that the next mapping may get: /dev/mapper has the one people use.
std::string path_of(const std::string& name) {
    const auto mapped = attribute(kDevices + "/" + name, "dm/name").value_or("");
    auto path = mapped.empty() ? name : "mapper/" + mapped;
    std::ranges::replace(path, '!', '/');  // as in cciss!c0d0
    return "/dev/" + path;
}

std::optional<LuksDevice> look(const std::string& path) {
    try {
        const auto found = probe(path);
        if (found && found->type == "crypto_LUKS") return LuksDevice{path, found->uuid, found->label};
    } catch (const Error&) {  // no medium, no right to read it, or it holds several things at once
    }
    return std::nullopt;
}

}  // namespace

std::vector<LuksDevice> luks_devices() {
    std::vector<LuksDevice> found;
    for (const auto& name : names_in(kDevices)) {
        if (number_attribute(kDevices + "/" + name, "size") == 0U) continue;
        if (auto device = look(path_of(name))) found.push_back(std::move(*device));
    }
    std::ranges::sort(found, {}, &LuksDevice::path);
    return found;
}

}  // namespace kist::block
