#include "kist/repository/check.hpp"

#include "cli/commands.hpp"
#include "cli/damage_report.hpp"
#include "cli/duration.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

using repository::CheckDepth;
using repository::CheckResult;

class Check : public Command {
  public:
    void declare(Options& options) override {
        options.flag("--catalog-only", catalog_only_, "Read no file: compare only the catalog, names, types and sizes");
        options.footer("Changes nothing. Exit code 4: something is damaged; the files and snapshots are named.");
    }

    ExitCode run(Context& context) override {
        return with_repository(context, [&](repository::Repository& repository) {
            repository::CheckProgress progress;
            const repository::CheckOptions options{
                .depth = catalog_only_ ? CheckDepth::catalog : CheckDepth::contents,
                .progress = &progress,
                .interrupt = &interrupt_flag(),
            };
            const auto start = std::chrono::steady_clock::now();
            const auto result = watched(context, repository, options);
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
            context.json() ? print_json(context, result) : print_text(context, result, took);
            return result.is_sound() ? ExitCode::done : ExitCode::damaged;
        });
    }

  private:
    static CheckResult watched(Context& context, const repository::Repository& repository,
                               const repository::CheckOptions& options) {
        const auto& progress = *options.progress;
        const Progress line(context.console, drawing(context), [&] {
            return ProgressSample{"checking", progress.files_done, progress.files_total, progress.bytes_done,
                                  progress.bytes_total};
        });
        return repository::check(repository, options);
    }

    static void print_json(Context& context, const CheckResult& result) {
        for (const auto& text : result.inconsistencies)
            context.output.json({{"type", "inconsistency"}, {"reason", text}});
        for (const auto& damage : result.damage) context.output.json(json_of(damage));
        context.output.json({{"type", "check"},
                             {"sound", result.is_sound()},
                             {"entries", result.entries},
                             {"files", result.files},
                             {"contents", result.contents},
                             {"bytes", result.bytes_read.value},
                             {"inconsistencies", result.inconsistencies.size()},
                             {"damage", result.damage_count}});
    }

    static void print_text(Context& context, const CheckResult& result, std::chrono::duration<double> took) {
        for (const auto& text : result.inconsistencies) context.output.line("catalog: " + text);
        for (const auto& damage : result.damage)
            print_damage(context, damage.is_recoverable ? "damaged (restores are not concerned)" : "damaged", damage);
        if (result.damage_count > result.damage.size())
            context.output.line(fmt::format("and {} more", result.damage_count - result.damage.size()));
        context.output.line(fmt::format(
            "Checked {} names in latest/, {} files and {} contents in history, {}, in {}: {}", result.entries,
            result.files, result.contents, to_string(result.bytes_read), to_text(took), verdict(result)));
    }

    static std::string verdict(const CheckResult& result) {
        if (result.is_sound()) return "all is well.";
        return fmt::format("{} damaged, {} inconsistencies in the catalog. `kist repair` heals what can be healed.",
                           result.damage_count, result.inconsistencies.size());
    }

    bool catalog_only_ = false;
};

}  // namespace

std::unique_ptr<Command> make_check() {
    return std::make_unique<Check>();
}

}  // namespace kist::cli
