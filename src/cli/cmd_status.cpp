#include "kist/volume/open_volume.hpp"

#include "cli/commands.hpp"
#include "cli/status_report.hpp"

#include <algorithm>

namespace kist::cli {
namespace {

class Status : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_,
                         "The volume: container, label, UUID or mount point (default: all open ones)");
        options.footer(
            "Exit code 0: all is well. 3: a source's last backup is older than 7 days or skipped something, or there\n"
            "is none, also of a source of the configuration. 4: the volume or repository is damaged, or a check has "
            "found damage that is not healed. Never "
            "asks\n"
            "for a key.");
    }

    ExitCode run(Context& context) override {
        if (target_.empty() && context.options.volume.empty()) return all_open(context);
        return one(context, find_place(context.options, target_));
    }

  private:
    static ExitCode one(Context& context, const Place& place) {
        const auto report = look(place, context.options, context.clock.now());
        print(context, report);
        return report.code();
    }

    static ExitCode all_open(Context& context) {
        const auto volumes = volume::list_open();
        if (volumes.empty() && context.json())
            context.output.json({{"type", "status"}, {"state", "none-open"}, {"ok", true}});
        if (volumes.empty() && !context.json()) context.output.line("No volume is open. `kist open FILE` opens one.");
        auto worst = ExitCode::done;
        for (const auto& volume : volumes) worst = std::max(worst, one(context, {volume, {}, {}}));
        return worst;
    }

    std::string target_;
};

}  // namespace

std::unique_ptr<Command> make_status() {
    return std::make_unique<Status>();
}

}  // namespace kist::cli
