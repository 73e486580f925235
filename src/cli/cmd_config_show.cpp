#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/config_text.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class ConfigShow : public Command {
  public:
    void declare(Options& options) override {
        options.footer(
            "Shows what counts: with what is included, with the defaults in every source, and with whole paths.");
    }

    ExitCode run(Context& context) override {
        const auto& configured = context.options.configured;
        const auto& configuration = configured.get();
        if (context.json()) {
            for (const auto& volume : configuration.volumes) context.output.json(json_of(volume));
            for (const auto& source : configuration.sources) context.output.json(json_of(source));
            if (configuration.notify) context.output.json(json_of(*configuration.notify));
            return ExitCode::done;
        }
        if (configured.reading().files.empty()) context.console.note("Nothing is configured.");
        for (const auto& file : configured.reading().files) context.output.line("# " + os::printable(file.path));
        context.output.text(toml_of(configuration));
        return ExitCode::done;
    }
};

}  // namespace

std::unique_ptr<Command> make_config_show() {
    return std::make_unique<ConfigShow>();
}

}  // namespace kist::cli
