#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/open_volume.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Close : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_,
                         "The volume: container, label, UUID or mount point (default: the only open one)");
        options.footer("Example:\n  kist close disk.kist");
    }

    ExitCode run(Context& context) override {
        GlobalOptions wanted = context.options;
        if (!target_.empty()) wanted.volume = target_;
        const auto place = find_place(wanted);
        if (!place.directory.empty())
            throw Error(ErrorCode::usage, os::printable(place.directory) + " is a folder that Kist did not open",
                        "Whatever mounted it unmounts it.");
        if (!place.open) return say_closed(context, place.container);
        const auto summary = volume::close(*place.open);
        report(context, *place.open, summary);
        return ExitCode::done;
    }

  private:
    static ExitCode say_closed(Context& context, const std::string& container) {
        if (context.json()) {
            Json line{{"type", "closed"}};
            put_path(line, "container", std::filesystem::absolute(container).lexically_normal().string());
            line["was_open"] = false;
            context.output.json(line);
        } else {
            context.output.line(fmt::format("{} is not open.", os::printable(container)));
        }
        return ExitCode::done;
    }

    static void report(Context& context, const volume::OpenVolume& volume, const volume::CloseSummary& summary) {
        if (summary.engine_had_died)
            context.console.note(
                "Its engine had died: what was written last may be missing. The volume recovers when it "
                "is opened next.");
        if (context.json()) {
            Json line{{"type", "closed"}};
            put_path(line, "container", volume.container);
            line["was_open"] = true;
            line["engine_had_died"] = summary.engine_had_died;
            context.output.json(line);
        } else {
            context.output.line(fmt::format("Closed {}.", os::printable(volume.container)));
        }
    }

    std::string target_;
};

}  // namespace

std::unique_ptr<Command> make_close() {
    return std::make_unique<Close>();
}

}  // namespace kist::cli
