#include "cli/rescue_plan.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/rooted_path.hpp"
#include "kist/repository/host_folder.hpp"

#include "cli/interrupt.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

void require_one_host(const std::vector<SourceHealth>& sources) {
    const auto other =
        std::ranges::find_if(sources, [&](const auto& its) { return its.source.host != sources.front().source.host; });
    if (other != sources.end())
        throw Error(ErrorCode::usage, "these are sources of several machines, and all of them were theirs alone",
                    "Choose one machine with --host, or another place with --to DIR.");
}

class Planner {
  public:
    Planner(repository::Catalog& catalog, const RescueTarget& target, const RescueOwners& owners)
        : catalog_(catalog), target_(target), owners_(owners) {}

    // The source itself, and what below it goes elsewhere.
    void add(const SourceHealth& source) {
        const auto& top = source.source.path;
        add_part(source, top);
        if (!target_.folder.empty()) return;
        for (const auto& move : target_.moves) {
            const bool is_known = std::ranges::any_of(
                plan_, [&](const auto& its) { return its.is_part && its.result.path == move.from; });
            if (!is_known && is_strictly_below(move.from, top) && catalog_.find_path(source.last, move.from)) {
                add_part(source, move.from);
                plan_.back().is_part = true;
            }
        }
    }

    std::vector<PlannedRestore> plan() && { return std::move(plan_); }

  private:
    static bool is_strictly_below(const std::string& path, const std::string& folder) {
        return path != folder && is_at_or_below(path, folder);
    }

    void add_part(const SourceHealth& source, const std::string& path) {
        auto options = common_options();
        options.snapshot = source.last;
        options.path = path;
        const auto entry =
            path == source.source.path ? catalog_.root(source.last) : catalog_.find_path(source.last, path).value();
        const bool is_folder = entry.metadata.type == os::FileType::directory;
        if (target_.folder.empty())
            put_back(options, is_folder);
        else
            options.target = target_.folder + "/" + repository::mirror_host_folder(source.source.host) +
                             (is_folder ? path : parent_of(path));
        RestoreResult result{source.last.number, path, options.target, {}, {}, std::nullopt};
        plan_.push_back({.source = source, .options = std::move(options), .result = std::move(result)});
    }

    restore::RestoreOptions common_options() const {
        restore::RestoreOptions options;
        options.overwrite = target_.overwrite;
        options.users = owners_.users();
        options.groups = owners_.groups();
        // The rules have every name of another system.
        if (!target_.root.empty()) options.owners = restore::Owners::by_number;
        options.interrupt = &interrupt_flag();
        return options;
    }

    void put_back(restore::RestoreOptions& options, bool is_folder) const {
        const auto path = options.path;
        for (const auto& move : target_.moves)
            if (is_strictly_below(move.from, path))
                if (auto pattern = PathPattern::parse(literal_pattern(move.from)))
                    options.choice.exclude.push_back(std::move(*pattern));
        const auto to = moved(path, target_.moves);
        if (!is_folder && name_of(to) != name_of(path))
            throw Error(ErrorCode::usage,
                        fmt::format("{} is a single file, and keeps its name: it cannot become {}", os::printable(path),
                                    os::printable(to)),
                        "--move its folder.");
        if (to == path && target_.root.empty()) return restore::put_back(catalog_, options);
        const auto folder = is_folder ? to : parent_of(to);
        options.target = target_.root.empty() ? folder : os::path_below_root(target_.root, folder);
    }

    repository::Catalog& catalog_;
    const RescueTarget& target_;
    const RescueOwners& owners_;
    std::vector<PlannedRestore> plan_;
};

}  // namespace

std::vector<PlannedRestore> plan_rescue(repository::Catalog& catalog, const std::vector<SourceHealth>& sources,
                                        const RescueTarget& target, const RescueOwners& owners) {
    if (target.folder.empty()) require_one_host(sources);
    Planner planner(catalog, target, owners);
    for (const auto& source : sources) planner.add(source);
    return std::move(planner).plan();
}

}  // namespace kist::cli
