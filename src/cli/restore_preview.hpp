#pragma once
// What a restore would do: entry by entry for --dry-run, and as counts with the first names before the question.

#include "kist/restore/restore.hpp"

#include "cli/command.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace kist::cli {

class RestorePreview {
  public:
    void add(const restore::Step& step);
    // For people, lines without a newline. summary: what rehearse() returned.
    std::vector<std::string> lines(const restore::RestoreSummary& summary) const;
    std::uint64_t count(restore::Action action) const { return groups_.at(static_cast<std::size_t>(action)).count; }
    std::uint64_t newer() const { return newer_.count; }

  private:
    struct Group {
        std::uint64_t count = 0;
        std::vector<std::string> first;  // printable

        void add(const std::string& path);
        std::string names() const;
    };
    std::array<Group, 6> groups_;  // by Action
    Group newer_;                  // of those replaced
};

const char* action_text(restore::Action action) noexcept;  // "create", "replace", …

// One line of a dry run.
void print_step(Context& context, const restore::Step& step);

}  // namespace kist::cli
