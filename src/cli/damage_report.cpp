#include "cli/damage_report.hpp"

#include "kist/os/directory.hpp"

#include "cli/occurrence_report.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::string occurrence_text(const repository::Occurrence& occurrence) {
    const auto text = fmt::format("{}:{}", occurrence.last, os::printable(occurrence.path));
    return occurrence.first == occurrence.last ? text : fmt::format("{} (from snapshot {} on)", text, occurrence.first);
}

}  // namespace

Json json_of(const repository::Damage& damage) {
    Json line{{"type", "damage"}, {"reason", damage.reason}, {"recoverable", damage.is_recoverable}};
    line["concerned"] = Json::array();
    for (const auto& occurrence : damage.concerned) {
        line["concerned"].push_back(json_of(occurrence));
    }
    return line;
}

void print_damage(Context& context, const std::string& heading, const repository::Damage& damage) {
    context.output.line(fmt::format("{}: {}", heading, damage.reason));
    for (const auto& occurrence : damage.concerned) context.output.line("    " + occurrence_text(occurrence));
}

std::string line_of(const repository::Damage& damage) {
    if (damage.concerned.empty()) return damage.reason;
    const auto others = damage.concerned.size() - 1;
    return fmt::format("{}: {}{}", damage.reason, occurrence_text(damage.concerned.front()),
                       others == 0 ? "" : fmt::format(" and {} more", others));
}

}  // namespace kist::cli
