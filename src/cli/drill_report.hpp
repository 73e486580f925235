#pragma once
// Restore drills, and what `check --drill`, `backup` and `status` say of them.

#include "kist/repository/drill.hpp"

#include "cli/command.hpp"
#include "cli/json_names.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace kist::cli {

std::uint64_t random_seed();

// Runs one, records it, and says how it went: failures on standard error whatever the format, the rest as asked.
// Returns the number of failures. Errors: those of the drill.
std::uint64_t run_drill(Context& context, const repository::Repository& repository,
                        const repository::DrillExtent& extent, std::uint64_t seed);
// The one after a backup. What is committed stays, so that a wish to stop ends the drill and nothing else.
std::uint64_t run_small_drill(Context& context, const repository::Repository& repository);

Json json_of(const repository::DrillRecord& record);
std::string text_of(const std::optional<repository::DrillRecord>& record);

}  // namespace kist::cli
