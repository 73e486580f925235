#pragma once
// How a command declares its arguments and options, without the parser's headers: they cost each file that includes
// them seconds. What is declared is bound to the command's members, which must outlive the parsing.

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace kist::cli {

enum class Presence { optional, required };

class Options {
  public:
    explicit Options(CLI::App& app) noexcept : app_(app) {}

    // name: as the help shows it, in capitals. Texts are whatever was typed; a number is an integer above 0.
    void argument(const char* name, std::string& target, const char* description,
                  Presence presence = Presence::optional);
    void arguments(const char* name, std::vector<std::string>& targets, const char* description, Presence presence);
    // names: "--size", or "-l,--long". value: what the help calls the value.
    void text(const char* names, const char* value, std::string& target, const char* description);
    // An option that may be given several times.
    void texts(const char* names, const char* value, std::vector<std::string>& targets, const char* description);
    // An option that may be given several times, and whose order among others that share `targets` counts.
    struct Given {
        std::string option;  // its long name
        std::string value;
    };
    void in_order(const char* names, const char* value, std::vector<Given>& targets, const char* description);
    void number(const char* names, const char* value, std::int64_t& target, const char* description);
    void flag(const char* names, bool& target, const char* description);
    // What the help says below the options: examples and exit codes.
    void footer(const char* text);

  private:
    CLI::App& app_;
};

}  // namespace kist::cli
