#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/check.hpp"

#include "cli/commands.hpp"
#include "cli/damage_report.hpp"
#include "cli/drill_report.hpp"
#include "cli/duration.hpp"
#include "cli/interrupt.hpp"
#include "cli/notified_work.hpp"
#include "cli/progress.hpp"

#include <charconv>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using repository::CheckDepth;
using repository::CheckResult;

constexpr std::uint64_t kDrillFiles = 100;

class Check : public Command {
  public:
    void declare(Options& options) override {
        options.flag("--catalog-only", catalog_only_, "Read no file: compare only the catalog, names, types and sizes");
        options.text("--sample", "N%", sample_, "Read a part of the contents; the next such check reads the next part");
        options.flag(
            "--drill", drill_,
            "Restore files chosen at random into memory instead; --sample N% or COUNT: how many (default 100)");
        options.number("--seed", "N", seed_, "With --drill: choose the files that this number chose before");
        options.footer(
            "Without an option everything is read. Changes nothing that is stored. Exit code 4: something is damaged;\n"
            "the files and snapshots are named.");
    }

    ExitCode run(Context& context) override {
        if (drill_) return run_drill(context);
        if (seed_ > 0) throw Error(ErrorCode::usage, "--seed is for --drill");
        const auto percent = parse_sample();
        return run_and_tell(context, notify::Task::check,
                            [&](repository::Repository& repository, notify::PartNews& news) {
                                return check(context, repository, percent, news);
                            });
    }

  private:
    ExitCode check(Context& context, const repository::Repository& repository, std::optional<unsigned> percent,
                   notify::PartNews& news) const {
        repository::CheckProgress progress;
        const auto began = context.clock.now();
        const repository::CheckOptions options{
            .depth = catalog_only_ ? CheckDepth::catalog : CheckDepth::contents,
            .range = percent ? next_sample(read_coverage(repository), *percent) : repository::HashRange{},
            .progress = &progress,
            .interrupt = &interrupt_flag(),
        };
        const auto start = std::chrono::steady_clock::now();
        const auto result = watched(context, repository, options);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        tell(news, result, took);
        if (!catalog_only_) record_coverage(repository, options.range, began);
        // What one part finds sound says nothing of damage elsewhere.
        if (!result.is_sound() || (!catalog_only_ && options.range.is_all()))
            record_damage(repository, result.damage_count + result.inconsistencies.size(), began);
        context.json() ? print_json(context, result) : print_text(context, result, took);
        if (percent && !context.json()) print_coverage(context, read_coverage(repository));
        return result.is_sound() ? ExitCode::done : ExitCode::damaged;
    }

    std::optional<unsigned> parse_sample() const {
        if (sample_.empty()) return std::nullopt;
        std::string_view digits = sample_;
        if (digits.ends_with('%')) digits.remove_suffix(1);
        const auto percent = parse_count(digits);
        if (!percent || *percent > 100 || catalog_only_)
            throw Error(ErrorCode::usage,
                        catalog_only_ ? "--sample reads files, --catalog-only does not"
                                      : fmt::format("--sample {} is no part of the contents", os::printable(sample_)),
                        "Give one of them, and for --sample 1% to 100%.");
        return static_cast<unsigned>(*percent);
    }

    ExitCode run_drill(Context& context) const {
        const auto extent = parse_extent();
        const auto seed = seed_ > 0 ? static_cast<std::uint64_t>(seed_) : random_seed();
        return run_and_tell(context, notify::Task::check,
                            [&](repository::Repository& repository, notify::PartNews& news) {
                                const auto result = cli::run_drill(context, repository, extent, seed);
                                context.console.detail(fmt::format("--seed {} chooses the same files again.", seed));
                                cli::tell(news, result);
                                return result.failure_count == 0 ? ExitCode::done : ExitCode::damaged;
                            });
    }

    repository::DrillExtent parse_extent() const {
        if (catalog_only_)
            throw Error(ErrorCode::usage, "--drill reads files, --catalog-only does not", "Give one of them.");
        repository::DrillExtent extent{.percent = std::nullopt, .files = kDrillFiles};
        if (sample_.empty()) return extent;
        const auto count = parse_count(std::string_view(sample_).substr(0, sample_.size() - (in_percent() ? 1 : 0)));
        if (!count || (in_percent() && *count > 100))
            throw Error(ErrorCode::usage, fmt::format("--sample {} is no number of files", os::printable(sample_)),
                        "Give 1% to 100%, or how many.");
        if (in_percent())
            extent.percent = static_cast<unsigned>(*count);
        else
            extent.files = *count;
        return extent;
    }

    bool in_percent() const { return sample_.ends_with('%'); }

    static std::optional<std::uint64_t> parse_count(std::string_view digits) {
        std::uint64_t count = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
        if (error != std::errc() || end != digits.data() + digits.size() || count == 0) return std::nullopt;
        return count;
    }

    static void print_coverage(Context& context, const repository::Coverage& coverage) {
        context.output.line(fmt::format(
            "This round of samples has read {}% of the contents{}.", coverage.percent(),
            coverage.completed ? ", and all was read since " + to_rfc3339(*coverage.completed).substr(0, 10) : ""));
    }

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
        context.output.line(summary(result, took));
    }

    static void tell(notify::PartNews& news, const CheckResult& result, std::chrono::duration<double> took) {
        news.done = summary(result, took);
        news.damaged = result.damage_count + result.inconsistencies.size();
        for (const auto& text : result.inconsistencies) news.examples.push_back("catalog: " + text);
        for (const auto& damage : result.damage) news.examples.push_back(line_of(damage));
    }

    static std::string summary(const CheckResult& result, std::chrono::duration<double> took) {
        return fmt::format("Checked {} names in latest/, {} files and {} contents in history, {}, in {}: {}",
                           result.entries, result.files, result.contents, to_string(result.bytes_read), to_text(took),
                           verdict(result));
    }

    static std::string verdict(const CheckResult& result) {
        if (result.is_sound()) return "all is well.";
        return fmt::format("{} damaged, {} inconsistencies in the catalog. `kist repair` heals what can be healed.",
                           result.damage_count, result.inconsistencies.size());
    }

    bool catalog_only_ = false;
    bool drill_ = false;
    std::int64_t seed_ = 0;
    std::string sample_;
};

}  // namespace

std::unique_ptr<Command> make_check() {
    return std::make_unique<Check>();
}

}  // namespace kist::cli
