#include "cli/commands.hpp"
#include "cli/notifier.hpp"
#include "cli/snapshot_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

class NotifyTest : public Command {
  public:
    void declare(Options& options) override {
        options.footer(
            "Sends a mail to those whom [notify] in the configuration names, to find out whether that works.\n"
            "`kist probe smtp URL` shows the dialogue where it does not.");
    }

    ExitCode run(Context& context) override {
        send_notification(context, notify::test_mail(this_host()));
        const auto& to = context.options.configured.get().notify->to;
        if (context.json())
            context.output.json({{"type", "notification"}, {"to", to}});
        else
            context.console.note(fmt::format("The server has taken a mail to {}.", fmt::join(to, ", ")));
        return ExitCode::done;
    }
};

}  // namespace

std::unique_ptr<Command> make_notify_test() {
    return std::make_unique<NotifyTest>();
}

}  // namespace kist::cli
