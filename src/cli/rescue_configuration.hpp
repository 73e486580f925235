#pragma once
// A rescue's part that concerns Kist's own configuration, as the volume has kept it. Nothing that is there is replaced:
// what differs is put beside it. Programs that it has run stay off until somebody agrees
// (kist/config/confirmation.hpp).

#include "kist/repository/kept_configuration.hpp"

#include "cli/command.hpp"

#include <functional>
#include <string>
#include <vector>

namespace kist::cli {

class RescueConfiguration {
  public:
    void declare(Options& options);

    // If it was asked for, or somebody at a terminal wishes so. Says what it has done. root: of the system that it
    // belongs to, "" for this one. Errors: those of writing files.
    void put_back(Context& context, const repository::KeptConfiguration& kept, const std::string& root);
    // What is left to do about it. Printable.
    std::vector<std::string> next_steps(const repository::KeptConfiguration& kept) const;

  private:
    bool wanted_ = false;
    bool is_done_ = false;
    bool holds_back_ = false;
};

enum class Placing {
    made,      // under its own name
    beside,    // as NAME.rescued, or NAME.rescued-2 and so on
    is_there,  // the same file stands there, under one of these names
    refused,   // it does not belong below the folder, or there are ten others already
};
struct Placed {
    Placing placing = Placing::refused;
    std::string path;  // where it stands now
};

// Makes the file, and the folders on the way to it, below `folder` in the system at `root` ("": this one), through
// which no symlink leads. Others get no right to write to it. before_making is called if anything is going to be made,
// when `folder` is there.
Placed place_file(const std::string& root, const std::string& folder, const repository::KeptFile& file,
                  const std::function<void()>& before_making);

}  // namespace kist::cli
