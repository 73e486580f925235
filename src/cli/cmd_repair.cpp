#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/repair.hpp"

#include "cli/commands.hpp"
#include "cli/damage_report.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

using repository::Healing;
using repository::Repaired;
using repository::RepairResult;

std::optional<os::Fd> open_live(const repository::Source& source, const std::string& path) {
    if (source.host != this_host() || path.empty() || path == "/") return std::nullopt;
    const auto slash = path.rfind('/');
    try {
        return os::Directory::open(slash == 0 ? "/" : path.substr(0, slash)).find_file(path.substr(slash + 1));
    } catch (const Error&) {
        return std::nullopt;  // what cannot be read there helps nobody
    }
}

const char* text_of(Healing healing) {
    switch (healing) {
        case Healing::healed:
            return "healed";
        case Healing::from_source:
            return "healed from the source";
        case Healing::lost:
            return "lost";
        case Healing::waiting:
            return "waiting for a content that is lost";
        case Healing::none:
            return "cannot be read";
    }
    return "";
}

class Repair : public Command {
  public:
    void declare(Options& options) override {
        options.flag("--dry-run", is_rehearsal_, "Only say what is damaged, and whether another copy is good");
        options.footer(
            "Reads everything, as `kist check` does, and makes anew what is damaged: from another copy in the\n"
            "repository, or from the source, where it still has the file as it was. Damaged files of latest/ are "
            "moved\n"
            "to .kist/found. What nothing is left of is set down as lost; the next backup stores it again if the "
            "source\n"
            "has it. Exit code 4: something is lost or still damaged.");
    }

    ExitCode run(Context& context) override {
        return with_repository(context, [&](repository::Repository& repository) {
            const auto result = watched(context, repository);
            record_damage(repository, result.left(), context.clock.now());
            context.json() ? print_json(context, result) : print_text(context, result);
            return result.is_whole() ? ExitCode::done : ExitCode::damaged;
        });
    }

  private:
    RepairResult watched(Context& context, const repository::Repository& repository) const {
        repository::CheckProgress progress;
        const Progress line(context.console, drawing(context), [&] {
            return ProgressSample{"checking", progress.files_done, progress.files_total, progress.bytes_done,
                                  progress.bytes_total};
        });
        const auto rehearsal = is_rehearsal_ ? repository::Rehearsal::yes : repository::Rehearsal::no;
        return repository::repair(repository, {rehearsal, open_live, &progress, &interrupt_flag()});
    }

    void print_json(Context& context, const RepairResult& result) const {
        for (const auto& text : result.check.inconsistencies)
            context.output.json({{"type", "inconsistency"}, {"reason", text}});
        for (const auto& one : result.repaired) {
            auto line = json_of(one.damage);
            line["outcome"] = heading(one);
            context.output.json(line);
        }
        context.output.json({{"type", "repair"},
                             {"whole", result.is_whole()},
                             {"damage", result.check.damage_count},
                             {"inconsistencies", result.check.inconsistencies.size()}});
    }

    std::string heading(const Repaired& one) const {
        if (!is_rehearsal_) return text_of(one.healing);
        return one.damage.is_recoverable ? "can be healed" : "has no good copy in the repository";
    }

    void print_text(Context& context, const RepairResult& result) const {
        for (const auto& text : result.check.inconsistencies) context.output.line("catalog: " + text);
        for (const auto& one : result.repaired) print_damage(context, heading(one), one.damage);
        if (result.check.damage_count > result.repaired.size())
            context.output.line(fmt::format("{} more are damaged: run `kist repair` again.",
                                            result.check.damage_count - result.repaired.size()));
        if (!result.check.inconsistencies.empty())
            context.output.line("The catalog itself is damaged, which this does not heal.");
        if (result.check.damage_count == 0 && result.is_whole())
            context.output.line("Nothing is damaged.");
        else if (result.is_whole())
            context.output.line(
                fmt::format("All {} are healed. What was damaged is in .kist/found.", result.repaired.size()));
    }

    bool is_rehearsal_ = false;
};

}  // namespace

std::unique_ptr<Command> make_repair() {
    return std::make_unique<Repair>();
}

}  // namespace kist::cli
