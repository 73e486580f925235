#include "cli/restore_run.hpp"

#include "kist/os/directory.hpp"

#include "cli/progress.hpp"
#include "cli/restore_preview.hpp"

#include <chrono>

#include <fmt/format.h>

namespace kist::cli {
namespace {

ProgressSample sample(const restore::Progress& progress) {
    return {"restoring", progress.files_done, progress.files_total, progress.bytes_done, progress.bytes_total};
}

}  // namespace

void run_restore(Context& context, const repository::Repository& repository, restore::RestoreOptions options,
                 RestoreResult& result) {
    restore::Progress progress;
    options.progress = &progress;
    const auto start = std::chrono::steady_clock::now();
    {
        const Progress line(context.console, drawing(context), [&] { return sample(progress); });
        result.summary = restore::restore(repository, options);
    }
    result.took = std::chrono::steady_clock::now() - start;
}

void run_rehearsal(Context& context, const repository::Repository& repository, const restore::RestoreOptions& options,
                   Steps steps, RestoreResult& result) {
    result.preview.emplace();
    result.summary = restore::rehearse(repository, options, [&](const restore::Step& step) {
        result.preview->add(step);
        if (steps == Steps::print) print_step(context, step);
    });
}

void show_preview(Context& context, const repository::Repository& repository, restore::RestoreOptions options,
                  const RestoreResult& result) {
    options.comparison = restore::Comparison::by_time;
    RestoreResult preview = result;
    run_rehearsal(context, repository, options, Steps::count, preview);
    context.console.note(fmt::format("In {}, against snapshot {}:", os::printable(result.target), result.snapshot));
    for (const auto& line : preview.preview->lines(preview.summary)) context.console.note(line);
}

}  // namespace kist::cli
