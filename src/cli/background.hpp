#pragma once
// A command that goes on when its caller has got the terminal back, as a daemon does. Made first thing, before there
// are threads, open volumes or keys: those belong to the process that goes on.

#include "kist/os/fd.hpp"

#include "cli/exit_code.hpp"

#include <optional>

namespace kist::cli {

class Background {
  public:
    // Forks. The caller's process waits here until the other one detaches or ends: caller_result() is what it ends
    // with. Signals that it gets meanwhile are passed on.
    Background();

    std::optional<ExitCode> caller_result() const noexcept { return caller_result_; }  // nullopt: go on

    // The caller ends with `done`. From here on this process has no terminal, and its messages go nowhere.
    void detach() noexcept;

  private:
    os::Fd caller_;
    std::optional<ExitCode> caller_result_;
};

}  // namespace kist::cli
