#include "cli/restore_preview.hpp"

#include "kist/os/directory.hpp"

#include "cli/entry_text.hpp"
#include "cli/json_names.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

using restore::Action;

constexpr std::size_t kNamed = 5;

void print_json(Context& context, const restore::Step& step) {
    Json line{{"type", "step"}, {"action", action_text(step.action)}};
    if (step.entry != nullptr) line["kind"] = kind_text(step.entry->metadata.type);
    put_path(line, "path", step.path);
    if (step.entry != nullptr) line["newer"] = step.is_newer;
    context.output.json(line);
}

}  // namespace

const char* action_text(Action action) noexcept {
    switch (action) {
        case Action::create:
            return "create";
        case Action::replace:
            return "replace";
        case Action::unchanged:
            return "unchanged";
        case Action::keep:
            return "keep";
        case Action::beside:
            return "keep-both";
        case Action::remove:
            return "delete";
    }
    return "unknown";
}

void RestorePreview::Group::add(const std::string& path) {
    ++count;
    if (first.size() < kNamed) first.push_back(os::printable(path));
}

std::string RestorePreview::Group::names() const {
    return fmt::format("{}{}", fmt::join(first, ", "), count > first.size() ? ", ..." : "");
}

void RestorePreview::add(const restore::Step& step) {
    groups_.at(static_cast<std::size_t>(step.action)).add(step.path);
    if (step.action == Action::replace && step.is_newer) newer_.add(step.path);
}

std::vector<std::string> RestorePreview::lines(const restore::RestoreSummary& summary) const {
    std::vector<std::string> lines;
    const auto say = [&](const Group& group, const char* what) {
        if (group.count > 0) lines.push_back(fmt::format("  {:>7} {}: {}", group.count, what, group.names()));
    };
    const auto group = [&](Action action) { return groups_.at(static_cast<std::size_t>(action)); };
    say(group(Action::create), "to be made");
    say(group(Action::replace), "to be overwritten");
    say(newer_, "of these NEWER than in the snapshot");
    say(group(Action::beside), "to be put beside what is there");
    say(group(Action::keep), "differ, and stay");
    say(group(Action::remove), "to be DELETED");
    if (!summary.deletion_withheld.empty())
        lines.push_back(fmt::format("          nothing is deleted: {}", summary.deletion_withheld));
    if (summary.not_deleted > 0)
        lines.push_back(fmt::format("  {:>7} more are not deleted: --max-delete", summary.not_deleted));
    if (const auto count = group(Action::unchanged).count; count > 0)
        lines.push_back(fmt::format("  {:>7} stay as they are", count));
    for (const auto& trouble : summary.failed.first)
        lines.push_back(fmt::format("          not possible: {}: {}", os::printable(trouble.path), trouble.reason));
    return lines;
}

void print_step(Context& context, const restore::Step& step) {
    if (context.json()) return print_json(context, step);
    if (step.action == Action::unchanged && context.options.verbosity != Verbosity::verbose) return;
    context.output.line(fmt::format("{:<9} {}{}", action_text(step.action), os::printable(step.path),
                                    step.is_newer ? "  (newer there)" : ""));
}

}  // namespace kist::cli
