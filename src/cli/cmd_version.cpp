#include "cli/commands.hpp"
#include "cli/json_names.hpp"

#include <sstream>

namespace kist::cli {
namespace {

class Version : public Command {
  public:
    void declare(Options& options) override { options.footer("With -v also the libraries that it was built with."); }

    ExitCode run(Context& context) override {
        context.json() ? print_json(context) : print_text(context);
        return ExitCode::done;
    }

  private:
    // "NAME VERSION ..." from the build.
    template <typename Visit>
    static void each_library(Visit visit) {
        std::istringstream words(KIST_LIBRARIES);
        for (std::string name, version; words >> name >> version;) visit(name, version);
    }

    static void print_json(Context& context) {
        Json line{{"type", "version"}, {"version", KIST_VERSION}};
        each_library([&](const auto& name, const auto& version) { line["libraries"][name] = version; });
        context.output.json(line);
    }

    static void print_text(Context& context) {
        context.output.line("kist " KIST_VERSION);
        if (context.options.verbosity != Verbosity::verbose) return;
        each_library([&](const auto& name, const auto& version) { context.output.line("  " + name + " " + version); });
    }
};

}  // namespace

std::unique_ptr<Command> make_version() {
    return std::make_unique<Version>();
}

}  // namespace kist::cli
