#pragma once
// When a source of the configuration was last backed up by this machine, also while the disk is not there: a small text
// file of its own, sources/NAME in the folder where this machine keeps what it remembers, with lines "key time". Losing
// it loses a reminder.

#include "kist/base/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace kist::cli {

struct SourceTimes {
    std::optional<Timestamp> backed_up;
    std::optional<Timestamp> first_seen;  // when it was first asked for
    std::optional<Timestamp> told;        // when people were last told that it is overdue
};

class SourceMemory {
  public:
    explicit SourceMemory(const std::string& source);  // a name of the configuration

    // Nothing where nothing is remembered; what cannot be understood is left out.
    SourceTimes read() const;
    // Errors: failed where it cannot be written.
    void write(const SourceTimes& times) const;

  private:
    std::string folder_;
    std::string path_;
};

}  // namespace kist::cli
