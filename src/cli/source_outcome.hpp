#pragma once
// What became of a source of `kist backup`: printed, and handed to its hooks, to those who are notified and to
// `kist notify overdue`.

#include "kist/notify/news.hpp"
#include "kist/repository/repository.hpp"

#include "cli/backup_report.hpp"
#include "cli/command.hpp"
#include "cli/source_choice.hpp"
#include "cli/source_hooks.hpp"

#include <string>

namespace kist::cli {

// The name that the configuration has for it, or else its path.
std::string name_of(const ChosenSource& source);
// Of several sources it has to be said which one.
Error named(const ChosenSource& source, const Error& error);
void report(Context& context, const Error& error);

// A path that is done: printed, and added to what the source's hooks get.
ExitCode take_in(Context& context, const repository::Repository& repository, SourceResult& done, HookedResult& result);
// The source is over, but where it was interrupted: then nobody is told.
void conclude(Context& context, const ChosenSource& source, const HookedResult& result, notify::News& news);

}  // namespace kist::cli
