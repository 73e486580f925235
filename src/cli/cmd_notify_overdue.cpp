#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/notifier.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/source_memory.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr std::chrono::hours kTellAgain{23};  // a timer is not on the second

class NotifyOverdue : public Command {
  public:
    void declare(Options& options) override {
        options.footer(
            "For a timer, once a day or more often: sends a mail when this machine has not backed up a source of the\n"
            "configuration for overdue-days, as [notify] says. The disk need not be there. No more than one mail a "
            "day.\n"
            "Exit code 3: something is overdue.");
    }

    ExitCode run(Context& context) override {
        const auto& configuration = context.options.configured.get();
        const auto limit = configuration.notify ? configuration.notify->overdue : config::Notify{}.overdue;
        const auto now = context.clock.now();
        std::vector<notify::OverdueSource> overdue;
        bool is_news = false;
        for (const auto& source : configuration.sources) {
            const auto times = times_of(source, now);
            if (now - times.backed_up.value_or(*times.first_seen) <= limit) continue;
            overdue.push_back({source.name, times.backed_up});
            is_news = is_news || !times.told || now - *times.told >= kTellAgain;
        }
        if (is_news) send_notification(context, notify::overdue_mail(this_host(), overdue, now));
        for (const auto& one : overdue) {
            if (is_news) remember_told(one.source, now);
            print(context, one, is_news);
        }
        if (overdue.empty() && !context.json()) context.console.note("No backup is overdue.");
        return overdue.empty() ? ExitCode::done : ExitCode::incomplete;
    }

  private:
    // What was never asked for before is not overdue yet.
    static SourceTimes times_of(const config::Source& source, Timestamp now) {
        const SourceMemory memory(source.name);
        auto times = memory.read();
        if (times.first_seen) return times;
        times.first_seen = now;
        memory.write(times);
        return times;
    }

    static void remember_told(const std::string& source, Timestamp now) {
        const SourceMemory memory(source);
        auto times = memory.read();
        times.told = now;
        memory.write(times);
    }

    static void print(Context& context, const notify::OverdueSource& one, bool is_told) {
        const auto last = one.last ? to_rfc3339(*one.last) : std::string();
        if (context.json()) {
            Json line{{"type", "overdue"}, {"source", one.source}, {"mail_sent", is_told}};
            line["last"] = one.last ? Json(last) : Json();
            return context.output.json(line);
        }
        context.output.line(fmt::format("{}: {}{}", os::printable(one.source),
                                        one.last ? fmt::format("last backed up on {}", last) : "never backed up",
                                        is_told ? "; mail was sent" : "; mail was sent before"));
    }
};

}  // namespace

std::unique_ptr<Command> make_notify_overdue() {
    return std::make_unique<NotifyOverdue>();
}

}  // namespace kist::cli
