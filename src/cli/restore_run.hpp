#pragma once
// Doing a restore, or showing before the question what it would do: what `restore` and `rescue` share.

#include "kist/restore/restore.hpp"

#include "cli/command.hpp"
#include "cli/restore_report.hpp"

namespace kist::cli {

// With its progress on the terminal. Fills in the result's summary and time. Errors: those of restore::restore().
void run_restore(Context& context, const repository::Repository& repository, restore::RestoreOptions options,
                 RestoreResult& result);

// Each step, or only their numbers. Fills in the result's preview and summary.
enum class Steps { print, count };
void run_rehearsal(Context& context, const repository::Repository& repository, const restore::RestoreOptions& options,
                   Steps steps, RestoreResult& result);

// A quick look, as counts and first names on standard error.
void show_preview(Context& context, const repository::Repository& repository, restore::RestoreOptions options,
                  const RestoreResult& result);

}  // namespace kist::cli
