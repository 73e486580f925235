#pragma once
// A rescue's part that `kist boot add` did before: lines in crypttab and fstab for the disk.

#include "kist/luks/header.hpp"

#include "cli/command.hpp"
#include "cli/own_configuration.hpp"
#include "cli/session.hpp"

#include <optional>
#include <string>

namespace kist::cli {

class RescueBoot {
  public:
    void declare(Options& options);
    // Errors: usage where it was asked for and the volume is no disk.
    void check(const Place& place) const;
    // If it was asked for, or somebody at a terminal wishes so; at the mount point of `before`, unless an option says
    // otherwise. root: of the system whose tables are meant, "" for this one. Errors: those of add_boot_entry().
    void put_back(Context& context, const Place& place, const std::optional<KeptBoot>& before, const std::string& root);
    // What is left to do about it; "" for nothing. Printable.
    std::string next_step(const Place& place, const std::optional<KeptBoot>& before, const std::string& root) const;

  private:
    bool is_wished(const std::string& mount_point) const;
    std::string mount_point(const luks::Header& header, const std::optional<KeptBoot>& before,
                            const std::string& root) const;

    bool wanted_ = false;
    std::string mount_point_;
    bool is_done_ = false;
};

}  // namespace kist::cli
