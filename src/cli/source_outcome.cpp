#include "cli/source_outcome.hpp"

#include "kist/os/directory.hpp"

#include "cli/source_memory.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

constexpr std::size_t kMostExamples = 50;  // of what was skipped, in a mail

notify::PartNews news_of(const ChosenSource& source, const HookedResult& result) {
    notify::PartNews told{name_of(source), result.error};
    if (!result.snapshots.empty())
        told.done = fmt::format("{} {}", result.snapshots.size() > 1 ? "snapshots" : "snapshot",
                                fmt::join(result.snapshots, ", "));
    told.skipped = result.skipped;
    for (const auto& entry : result.examples)
        told.examples.push_back(fmt::format("{}: {}", os::printable(entry.path), entry.reason));
    told.damaged = result.lost.size();
    for (const auto& path : result.lost) told.examples.push_back(lost_line(path));
    return told;
}

void remember(Context& context, const std::string& source) {
    try {
        const SourceMemory memory(source);
        auto times = memory.read();
        times.backed_up = context.clock.now();
        memory.write(times);
    } catch (const Error& error) {
        context.console.detail(error.message());
    }
}

}  // namespace

std::string name_of(const ChosenSource& source) {
    return source.configured == nullptr ? source.path : source.configured->name;
}

Error named(const ChosenSource& source, const Error& error) {
    const auto name = os::printable(name_of(source));
    if (error.message().find(name) != std::string::npos) return error;
    return {error.code(), fmt::format("{}: {}", name, error.message()), error.hint()};
}

void report(Context& context, const Error& error) {
    context.console.error(error.message());
    if (!error.hint().empty()) context.console.hint(error.hint());
}

ExitCode take_in(Context& context, const repository::Repository& repository, SourceResult& done, HookedResult& result) {
    const auto& run = done.summary.run;
    done.path = repository.open_catalog().source(run.snapshot.source).path;
    print(context, done);
    result.snapshots.push_back(run.snapshot.number);
    result.skipped += run.snapshot.skipped;
    const auto room = kMostExamples - std::min(kMostExamples, result.examples.size());
    result.examples.insert(result.examples.end(), run.skipped.begin(),
                           run.skipped.begin() + static_cast<std::ptrdiff_t>(std::min(room, run.skipped.size())));
    result.lost.insert(result.lost.end(), run.lost.begin(), run.lost.end());
    return done.complete() ? ExitCode::done : ExitCode::incomplete;
}

void conclude(Context& context, const ChosenSource& source, const HookedResult& result, notify::News& news) {
    if (result.error && result.error->code() == ErrorCode::interrupted) return;
    news.parts.push_back(news_of(source, result));
    if (source.configured != nullptr && !result.error) remember(context, source.configured->name);
}

}  // namespace kist::cli
