#include "cli/notified_work.hpp"

#include "kist/base/error.hpp"

#include "cli/notifier.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

namespace kist::cli {
namespace {

bool is_told(const Error& error, notify::Task task) {
    return error.code() != ErrorCode::interrupted && (error.code() != ErrorCode::usage || task == notify::Task::backup);
}

}  // namespace

ExitCode run_and_tell(Context& context, notify::News& news, const std::function<ExitCode()>& work) {
    ExitCode code{};
    try {
        code = work();
    } catch (const Error& error) {
        if (!is_told(error, news.task)) throw;
        if (!news.has_failed()) news.trouble = error;  // else it is a part's, and said there
        notify_of(context, news);
        throw;
    }
    notify_of(context, news);
    return code;
}

ExitCode with_repository_in_the_news(Context& context, notify::News& news, const std::string& target,
                                     const VolumeWork& work) {
    auto& part = news.parts.emplace_back();
    part.name = volume_name(context.options, target);
    try {
        const auto place = find_place(context.options, target);
        if (part.name.empty()) part.name = place_name(place);
        return with_repository(context, place,
                               [&](repository::Repository& repository) { return work(repository, part); });
    } catch (const Error& error) {
        part.error = error;
        throw;
    }
}

ExitCode run_and_tell(Context& context, notify::Task task, const VolumeWork& work) {
    notify::News news{.task = task, .host = this_host()};
    return run_and_tell(context, news, [&] { return with_repository_in_the_news(context, news, "", work); });
}

}  // namespace kist::cli
