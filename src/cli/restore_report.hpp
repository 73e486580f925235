#pragma once
// What `kist restore` says.

#include "kist/restore/restore.hpp"

#include "cli/command.hpp"
#include "cli/restore_preview.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace kist::cli {

struct RestoreResult {
    std::int64_t snapshot = 0;
    std::string path;    // absolute, in the source
    std::string target;  // the folder that it went into
    restore::RestoreSummary summary;
    std::chrono::duration<double> took{};
    std::optional<RestorePreview> preview;  // of a dry run

    bool complete() const;
};

void print(Context& context, const RestoreResult& result);

}  // namespace kist::cli
