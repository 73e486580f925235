#pragma once
// What forget, prune and undo say of what they removed, or would remove.

#include "kist/notify/news.hpp"
#include "kist/repository/forget.hpp"
#include "kist/repository/purge.hpp"

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace kist::cli {

// To standard output; what was lost is an error whatever the format, and makes the result incomplete. type: of the JSON
// object.
ExitCode print_forgotten(Context& context, const char* type, const repository::ForgetResult& result,
                         repository::Rehearsal rehearsal);
void tell(notify::PartNews& news, const repository::ForgetResult& result);

// What `forget --path` took away, or would.
void print_purged(Context& context, const repository::PurgeResult& result, repository::Rehearsal rehearsal);
void tell(notify::PartNews& news, const repository::PurgeResult& result);

// "1 snapshot", "3 snapshots".
std::string snapshots_text(std::size_t count);
// "12 of 2026-11-20 08:15", one for each.
std::string snapshot_list(const std::vector<repository::Snapshot>& snapshots);

}  // namespace kist::cli
