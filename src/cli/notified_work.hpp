#pragma once
// Work of whose outcome those are told by mail whom the configuration names in [notify].

#include "kist/notify/news.hpp"
#include "kist/repository/repository.hpp"

#include "cli/command.hpp"

#include <functional>
#include <string>

namespace kist::cli {

// Runs `work`, which puts into the news what is worth telling, and sends them if it is one of the occasions for which
// the configuration wants mail. Of an interruption nobody is told, nor of a wrong request; only a backup is missed
// whatever the reason. Errors: those of `work`. That a mail cannot be sent is said, and no more.
ExitCode run_and_tell(Context& context, notify::News& news, const std::function<ExitCode()>& work);

using VolumeWork = std::function<ExitCode(repository::Repository&, notify::PartNews&)>;

// As with_repository() at find_place(), and a part of the news: what `work` puts there, and the Error that ended it.
ExitCode with_repository_in_the_news(Context& context, notify::News& news, const std::string& target,
                                     const VolumeWork& work);

// Both, for a command on the volume that --volume names.
ExitCode run_and_tell(Context& context, notify::Task task, const VolumeWork& work);

}  // namespace kist::cli
