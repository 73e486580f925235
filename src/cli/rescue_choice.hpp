#pragma once
// Which sources of a volume are rescued: named by options, or chosen from a list at the terminal.

#include "kist/repository/catalog.hpp"

#include "cli/command.hpp"
#include "cli/source_health.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::cli {

class RescueChoice {
  public:
    void declare(Options& options);

    // Those of the host that is asked for. Errors: not_found.
    std::vector<SourceHealth> possible(const std::vector<SourceHealth>& known) const;
    // Of these those that are chosen; asks where no option says it. Errors: not_found for a source that is not there,
    // usage where nobody can be asked; interrupted where nothing is chosen.
    std::vector<SourceHealth> choose(const std::vector<SourceHealth>& possible) const;

  private:
    bool all_ = false;
    std::vector<std::string> sources_;
    std::string host_;
};

// The list, with numbers from 1.
void print_rescue_list(Context& context, const std::vector<SourceHealth>& known);

// "1 3-5", "2,4" or "all" as positions from 0, rising; nullopt for anything else, and for numbers beyond `count`.
std::optional<std::vector<std::size_t>> parse_positions(std::string_view text, std::size_t count);

}  // namespace kist::cli
