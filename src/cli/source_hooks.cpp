#include "cli/source_hooks.hpp"

#include "kist/base/error.hpp"
#include "kist/config/confirmation.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/limited_process.hpp"

#include "cli/hook_environment.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_names.hpp"
#include "cli/snapshot_choice.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

constexpr const char* kBefore = "before";
constexpr const char* kAfter = "after";
constexpr const char* kOnFailure = "on-failure";

const char* result_text(const HookedResult& result) {
    if (!result.error) return result.skipped > 0 ? "incomplete" : "success";
    return result.error->code() == ErrorCode::interrupted ? "interrupted" : "failed";
}

HookEnvironment::Variables variables_of(const char* hook, const HookedSource& source, const HookedResult* result) {
    HookEnvironment::Variables variables{
        {"KIST_HOOK", hook},
        {"KIST_SOURCE", source.source.name},
        {"KIST_PATH", fmt::format("{}", fmt::join(source.paths, "\n"))},
        {"KIST_HOST", this_host()},
        {"KIST_VOLUME", source.volume},
        {"KIST_MOUNT", source.mount_point},
    };
    if (result == nullptr) return variables;
    variables.emplace_back("KIST_SNAPSHOT", fmt::format("{}", fmt::join(result->snapshots, " ")));
    variables.emplace_back("KIST_RESULT", result_text(*result));
    variables.emplace_back("KIST_SKIPPED", std::to_string(result->skipped));
    variables.emplace_back("KIST_ERROR", result->error ? result->error->message() : "");
    return variables;
}

std::vector<std::string> lines_of(const os::LimitedResult& result) {
    std::vector<std::string> lines;
    std::string_view rest = result.output;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        lines.push_back(os::printable(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (result.left_out > 0) lines.push_back(fmt::format("({} bytes in the middle were not kept)", result.left_out));
    return lines;
}

std::string ending_text(const os::LimitedResult& result, std::chrono::seconds limit) {
    switch (result.ending) {
        case os::Ending::timed_out:
            return fmt::format("took longer than {} s and was ended", limit.count());
        case os::Ending::interrupted:
            return "was interrupted";
        case os::Ending::exited:
            break;
    }
    return result.status > 128 ? fmt::format("was ended by signal {}", result.status - 128)
                               : fmt::format("ended with status {}", result.status);
}

void print_json(Context& context, const char* hook, const std::string& source, const config::Command& command,
                const os::LimitedResult& result) {
    Json line{{"type", "hook"}, {"hook", hook}, {"source", source}};
    line["program"] = os::printable(command.words.front());
    line["status"] = result.status;
    line["timed_out"] = result.ending == os::Ending::timed_out;
    line["output"] = os::printable(result.output);
    context.output.json(line);
}

}  // namespace

SourceHooks::SourceHooks(Context& context, HookedSource source) : context_(context), source_(std::move(source)) {
    const auto& hooks = source_.source.hooks;
    if (hooks.is_empty() || !context.options.configured.are_programs_held_back()) return;
    is_off_ = true;
    context.console.note(
        fmt::format("{}: its hooks are off, because the configuration came back by a rescue. `kist "
                    "config confirm` shows them and turns them on.",
                    os::printable(source_.source.name)));
}

void SourceHooks::run_before() {
    if (is_off_) return;
    for (const auto& command : source_.source.hooks.before) run(kBefore, command, nullptr);
}

void SourceHooks::run_after(HookedResult& result) {
    if (is_off_) return;
    run_to_the_end(kAfter, source_.source.hooks.after, result);
    if (result.error) run_to_the_end(kOnFailure, source_.source.hooks.on_failure, result);
}

void SourceHooks::run_to_the_end(const char* hook, const std::vector<config::Command>& commands, HookedResult& result) {
    for (const auto& command : commands) {
        try {
            run(hook, command, &result);
        } catch (const Error& error) {
            context_.console.error(error.message());
            if (!error.hint().empty()) context_.console.hint(error.hint());
            if (!result.error) result.error = error;
        }
    }
}

void SourceHooks::run(const char* hook, const config::Command& command, const HookedResult* result) {
    const auto& hooks = source_.source.hooks;
    const auto name =
        fmt::format("{}: {} {}", os::printable(source_.source.name), hook, os::printable(command.words.front()));
    require_trusted_program(command.words);
    const HookEnvironment environment(variables_of(hook, source_, result));
    // Of `after` much may depend, so that an interruption does not end it as well.
    const auto* interrupted = result == nullptr ? &interrupt_flag() : nullptr;
    const auto done = os::run_limited(
        {.argv = command.words, .environment = environment.list(), .time = hooks.time, .interrupted = interrupted});
    if (context_.json()) print_json(context_, hook, source_.source.name, command, done);
    const auto lines = lines_of(done);
    if (done.ending == os::Ending::exited && done.status == 0) {
        context_.console.detail(name + " is done.");
        for (const auto& line : lines) context_.console.detail("  " + line);
        return;
    }
    throw Error(done.ending == os::Ending::interrupted ? ErrorCode::interrupted : ErrorCode::failed,
                fmt::format("{} {}", name, ending_text(done, hooks.time)),
                lines.empty() ? "" : fmt::format("It said:\n  {}", fmt::join(lines, "\n  ")));
}

}  // namespace kist::cli
