#pragma once
// What a hook is told: variables of its environment, and a file with the same for a shell to take in.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kist::cli {

class HookEnvironment {
  public:
    using Variables = std::vector<std::pair<std::string, std::string>>;

    // Writes the file, readable by its owner only; it goes with this object. KIST_ENV is its path.
    explicit HookEnvironment(Variables variables);
    HookEnvironment(const HookEnvironment&) = delete;
    HookEnvironment& operator=(const HookEnvironment&) = delete;
    ~HookEnvironment();

    std::vector<std::string> list() const;  // "NAME=value" each

  private:
    Variables variables_;
    std::string path_;
};

// As one word that a POSIX shell expands to nothing but this text.
std::string shell_quoted(std::string_view text);

}  // namespace kist::cli
