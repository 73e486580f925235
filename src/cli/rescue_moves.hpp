#pragma once
// Which paths a rescue moves: those that options say, and, where a user is mapped to another one, that user's home, if
// somebody at the terminal wishes so.

#include "cli/moves.hpp"
#include "cli/rescue_owners.hpp"
#include "cli/source_health.hpp"

#include <string>
#include <vector>

namespace kist::cli {

class RescueMoves {
  public:
    void declare(Options& options);
    // Errors: usage.
    void check();

    // Homes, as /home/NAME, of users who became others with another home, in the newest snapshots of these sources.
    // Where nobody can be asked they stay where they were, and a remark says how to move them.
    void find_for(Context& context, repository::Catalog& catalog, const std::vector<SourceHealth>& sources,
                  const RescueOwners& owners);

    const std::vector<Move>& all() const noexcept { return moves_; }
    const std::vector<std::string>& remarks() const noexcept { return remarks_; }  // printable

  private:
    std::vector<std::string> options_;
    std::vector<Move> moves_;
    std::vector<std::string> remarks_;
};

}  // namespace kist::cli
