#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace kist::volume {

// The disk or partition that holds the LUKS volume of this name: its UUID or label, also as UUID=… and LABEL=… as
// fstab(5) has them. nullopt: no disk here has it. Several have it (a disk and its copy, two with one label): a usage
// Error that names them. Container files have no place where they could be looked for: they go by their path.
std::optional<std::string> locate(std::string_view name);

}  // namespace kist::volume
