#pragma once
// What `kist backup` says of one source.

#include "kist/backup/backup.hpp"

#include "cli/command.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace kist::cli {

struct SourceResult {
    std::string path;  // of the source, absolute
    backup::BackupSummary summary;
    std::chrono::duration<double> took{};

    std::uint64_t unchanged() const;
    bool complete() const;  // nothing was skipped, and nothing found damaged
};

void print(Context& context, const SourceResult& result);
// path: in latest/.
std::string lost_line(const std::string& path);

}  // namespace kist::cli
