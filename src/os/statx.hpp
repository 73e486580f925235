#pragma once
#include "kist/os/file_status.hpp"

#include <optional>

namespace kist::os {

// nullopt: errno says why. name "" means fd itself.
std::optional<FileStatus> try_statx(int fd, const char* name) noexcept;

}  // namespace kist::os
