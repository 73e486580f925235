#pragma once
// The programs that the configuration has run around the backup of one source: `before`, and when that has failed
// nothing is backed up; `after` in any case, since it may have to start again what `before` has stopped; `on-failure`
// last, when anything went wrong, `after` included.
//
// They get KIST_HOOK, KIST_SOURCE, KIST_PATH, KIST_HOST, KIST_VOLUME, KIST_MOUNT, and once it is over KIST_SNAPSHOT,
// KIST_RESULT, KIST_SKIPPED and KIST_ERROR as variables of the environment. KIST_ENV names a file that has the same,
// quoted for a shell to take in.

#include "kist/config/configuration.hpp"
#include "kist/repository/run.hpp"

#include "cli/command.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::cli {

// What they are told of.
struct HookedSource {
    const config::Source& source;
    std::vector<std::string> paths;  // those that are backed up now
    std::string volume;              // its name, or whatever it was called
    std::string mount_point;
};

struct HookedResult {
    std::vector<repository::SnapshotNumber> snapshots;
    std::uint64_t skipped = 0;
    std::vector<repository::SkippedEntry> examples;  // of what was skipped
    std::vector<std::string> lost;                   // older versions that turned out to be damaged
    std::optional<Error> error;                      // the first
};

class SourceHooks {
  public:
    // Notes it where the configuration came back by a rescue and nobody has confirmed its programs: then none runs.
    SourceHooks(Context& context, HookedSource source);

    // Errors: failed, where one cannot be started, takes too long or ends with anything but 0; interrupted.
    void run_before();
    // `after` and `on-failure`, each to its end though another failed. Adds the first failure to the result, and shows
    // all.
    void run_after(HookedResult& result);

  private:
    void run(const char* hook, const config::Command& command, const HookedResult* result);
    void run_to_the_end(const char* hook, const std::vector<config::Command>& commands, HookedResult& result);

    Context& context_;
    HookedSource source_;
    bool is_off_ = false;
};

}  // namespace kist::cli
