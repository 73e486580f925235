#include "cli/rescue_moves.hpp"

#include "kist/os/directory.hpp"

#include "cli/prompt.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

bool is_in_a_snapshot(repository::Catalog& catalog, const std::vector<SourceHealth>& sources, const std::string& path) {
    return std::ranges::any_of(sources, [&](const SourceHealth& its) {
        return is_at_or_below(its.source.path, path) ||
               (is_at_or_below(path, its.source.path) && catalog.find_path(its.last, path));
    });
}

}  // namespace

void RescueMoves::declare(Options& options) {
    options.texts("--move", "OLD=NEW", options_,
                  "Put what was at the path OLD, and below it, at NEW (may be repeated)");
}

void RescueMoves::check() {
    for (const auto& text : options_) moves_.push_back(parse_move(text));
}

void RescueMoves::find_for(Context& context, repository::Catalog& catalog, const std::vector<SourceHealth>& sources,
                           const RescueOwners& owners) {
    for (const auto& [old_name, user] : owners.mapped_users()) {
        const auto home = "/home/" + old_name;
        const bool is_decided =
            std::ranges::any_of(moves_, [&](const Move& move) { return is_at_or_below(home, move.from); });
        if (is_decided || old_name.find('/') != std::string::npos || !user.home.starts_with('/') || user.home == "/" ||
            user.home == home || !is_in_a_snapshot(catalog, sources, home))
            continue;
        const auto pair = fmt::format("{}={}", home, user.home);
        if (can_ask() &&
            confirm(fmt::format("Put what was in {} into {}?", os::printable(home), os::printable(user.home))))
            moves_.push_back(parse_move(pair));
        else if (!can_ask())
            remarks_.push_back(fmt::format("{} stays where it was: --move {} puts it into the home of {}.",
                                           os::printable(home), os::printable(pair), os::printable(user.name)));
    }
    if (!context.json())
        for (const auto& move : moves_)
            context.console.note(
                fmt::format("What was in {} goes to {}.", os::printable(move.from), os::printable(move.to)));
}

}  // namespace kist::cli
