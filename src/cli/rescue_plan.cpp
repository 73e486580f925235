#include "cli/rescue_plan.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/host_folder.hpp"

#include "cli/interrupt.hpp"

#include <algorithm>

namespace kist::cli {
namespace {

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

void require_one_host(const std::vector<SourceHealth>& sources) {
    const auto other =
        std::ranges::find_if(sources, [&](const auto& its) { return its.source.host != sources.front().source.host; });
    if (other != sources.end())
        throw Error(ErrorCode::usage, "these are sources of several machines, and all of them were theirs alone",
                    "Choose one machine with --host, or another place with --to DIR.");
}

}  // namespace

std::vector<PlannedRestore> plan_rescue(repository::Catalog& catalog, const std::vector<SourceHealth>& sources,
                                        const RescueTarget& target, const RescueOwners& owners) {
    if (target.folder.empty()) require_one_host(sources);
    std::vector<PlannedRestore> plan;
    for (const auto& health : sources) {
        const auto& path = health.source.path;
        restore::RestoreOptions options;
        options.snapshot = health.last;
        options.path = path;
        options.overwrite = target.overwrite;
        options.users = owners.users();
        options.groups = owners.groups();
        options.interrupt = &interrupt_flag();
        if (target.folder.empty()) {
            restore::put_back(catalog, options);
        } else {
            const bool is_folder = catalog.root(health.last).metadata.type == os::FileType::directory;
            options.target = target.folder + "/" + repository::mirror_host_folder(health.source.host) +
                             (is_folder ? path : parent_of(path));
        }
        RestoreResult result{health.last.number, path, options.target, {}, {}, std::nullopt};
        plan.push_back({.source = health, .options = std::move(options), .result = std::move(result)});
    }
    return plan;
}

}  // namespace kist::cli
