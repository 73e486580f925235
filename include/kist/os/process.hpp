#pragma once
// Starting other programs, from an argument array and never through a shell.

#include <string>
#include <vector>

namespace kist::os {

struct ProcessResult {
    int status = 0;      // exit status, or 128 + signal
    std::string output;  // standard output and error together, the first 64 KiB
};

// Runs argv[0] (looked up in PATH) with an empty standard input and waits. Throws only where it cannot be started. The
// child inherits no descriptor and no signal mask.
ProcessResult run(const std::vector<std::string>& argv);

// The name of a running process (/proc/PID/comm), or "" where there is none.
std::string process_name(int pid);

// From here on this process leaves no core dump, and only root may look into its memory. Best effort.
void make_undumpable() noexcept;

}  // namespace kist::os
