#pragma once
// Starting a program: an argument array, no shell, and nothing inherited but what is given. Signals are as if this
// process had never changed them.

#include <string>
#include <vector>

#include <spawn.h>
#include <sys/types.h>

namespace kist::os {

class Spawn {
  public:
    Spawn();
    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;
    ~Spawn();

    void give(int descriptor, int as);
    void give_no_input();
    void begin_in(const std::string& directory);
    void lead_a_group();  // a process group of its own

    // argv[0] is looked up in PATH. environment: "NAME=value"; nullptr: this process's. Errors: where it cannot be
    // started.
    pid_t start(const std::vector<std::string>& argv, const std::vector<std::string>* environment = nullptr);

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    short flags_;
};

// Its exit status, or 128 + signal.
int wait_for(pid_t pid);

}  // namespace kist::os
