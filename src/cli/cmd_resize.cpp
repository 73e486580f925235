#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/resize.hpp"

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/size_option.hpp"
#include "cli/unlock.hpp"
#include "cli/volume_report.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Resize : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_, "The volume: container file, device, label or UUID (default: --volume)");
        options.text("--size", "SIZE", size_, "Of a container file: 8G; also smaller than it is");
        options.flag("--max", maximum_, "Let a partition reach to the end of its disk, and fill a disk");
        options.footer(
            "Examples:\n  kist resize disk.kist --size 8G\n  kist resize /dev/sdb1 --max\n\n"
            "The filesystem in it is resized with it; xfs cannot shrink. An open volume is closed meanwhile, and "
            "opened\n"
            "again at the same place: the key is needed.");
    }

    ExitCode run(Context& context) override {
        if (size_.empty() != maximum_)
            throw Error(ErrorCode::usage, "resize needs either --size or --max",
                        "A container file takes --size SIZE, a partition or disk --max.");
        const auto path = find_path(context);
        volume::ResizeOptions options{.path = path, .size = {}};
        if (!maximum_) options.size = parse_size("--size", size_);
        report(context, path, volume::resize(options, unlock_with(context)));
        return ExitCode::done;
    }

  private:
    std::string find_path(const Context& context) const {
        const auto place = find_place(context.options, target_);
        if (!place.directory.empty())
            throw Error(ErrorCode::usage, os::printable(place.directory) + " is a folder that Kist did not open",
                        "Whatever made its filesystem resizes it.");
        return place.open ? container_of(*place.open) : place.container;
    }

    static void report(Context& context, const std::string& path, const volume::ResizeSummary& summary) {
        if (context.json()) {
            Json line{{"type", "resized"}};
            put_path(line, "container", path);
            line["size_before"] = summary.before.value;
            line["size"] = summary.after.value;
            line["open"] = summary.open.has_value();
            context.output.json(line);
            return;
        }
        context.output.line(fmt::format("{}: {} before, {} now{}", os::printable(path), to_string(summary.before),
                                        to_string(summary.after),
                                        summary.open ? ", open at " + os::printable(summary.open->mount_point) : ""));
    }

    std::string target_;
    std::string size_;
    bool maximum_ = false;
};

}  // namespace

std::unique_ptr<Command> make_resize() {
    return std::make_unique<Resize>();
}

}  // namespace kist::cli
