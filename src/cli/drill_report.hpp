#pragma once
// Restore drills, and what `check --drill`, `backup` and `status` say of them.

#include "kist/notify/news.hpp"
#include "kist/repository/drill.hpp"

#include "cli/command.hpp"
#include "cli/json_names.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace kist::cli {

std::uint64_t random_seed();

// Runs one, records it, and says how it went: failures on standard error whatever the format, the rest as asked.
// Errors: those of the drill.
repository::DrillResult run_drill(Context& context, const repository::Repository& repository,
                                  const repository::DrillExtent& extent, std::uint64_t seed);
// The one after a backup. What is committed stays, so that a wish to stop ends the drill and nothing else.
repository::DrillResult run_small_drill(Context& context, const repository::Repository& repository);
// What cannot be restored is damage.
void tell(notify::PartNews& news, const repository::DrillResult& result);

Json json_of(const repository::DrillRecord& record);
std::string text_of(const std::optional<repository::DrillRecord>& record);

}  // namespace kist::cli
