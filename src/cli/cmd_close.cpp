#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/open_volume.hpp"
#include "kist/volume/user_disk.hpp"

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_mounts.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{300};

// What keeps it busy may be `kist mount`.
template <typename Closing>
auto naming_mounts(const volume::OpenVolume& volume, Closing closing) {
    try {
        return closing();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::busy) throw;
        throw Error(busy_with_snapshots(error, volume.mount_point));
    }
}

class Close : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_,
                         "The volume: container, label, UUID or mount point (default: the only open one)");
        options.flag("--wait", wait_, "Wait until nobody uses it any more");
        options.flag("--lazy", lazy_, "Take the mount point away now, the rest when its last user lets go");
        options.footer("Example:\n  kist close disk.kist\n\nExit code 6: it is in use; the processes are named.");
    }

    ExitCode run(Context& context) override {
        const auto place = find_place(context.options, target_);
        if (const auto disk = user_disk(place)) return close_as_user(context, *disk);
        if (!place.directory.empty())
            throw Error(ErrorCode::usage, os::printable(place.directory) + " is a folder that Kist did not open",
                        "Whatever mounted it unmounts it.");
        if (!place.open) return say_closed(context, place.container);
        if (wait_ && lazy_) throw Error(ErrorCode::usage, "--wait and --lazy exclude each other");
        const auto summary = wait_ ? close_when_free(context, *place.open)
                                   : close(*place.open, lazy_ ? volume::CloseMode::lazy : volume::CloseMode::complete);
        report(context, *place.open, summary);
        return ExitCode::done;
    }

  private:
    // What an ordinary user has opened through udisks: the disk, or the folder that shows it.
    static std::optional<volume::OpenVolume> user_disk(const Place& place) {
        if (volume::is_user_disk(place.container)) return volume::find_user_disk(place.container);
        if (geteuid() == 0 || place.directory.empty()) return std::nullopt;
        return volume::find_user_disk_at(place.directory);
    }

    ExitCode close_as_user(Context& context, const volume::OpenVolume& volume) const {
        if (wait_ || lazy_)
            throw Error(ErrorCode::usage, "only root can close with --wait or --lazy", "Try without them.");
        naming_mounts(volume, [&] { volume::close_user_disk(volume); });
        report(context, volume, {});
        return ExitCode::done;
    }

    static volume::CloseSummary close(const volume::OpenVolume& volume, volume::CloseMode mode) {
        return naming_mounts(volume, [&] { return volume::close(volume, mode); });
    }

    static volume::CloseSummary close_when_free(Context& context, const volume::OpenVolume& volume) {
        for (std::string said;;) {
            try {
                return close(volume, volume::CloseMode::complete);
            } catch (const Error& error) {
                if (error.code() != ErrorCode::busy) throw;
                if (error.message() != said) context.console.note("Waiting: " + error.message());
                said = error.message();
            }
            std::this_thread::sleep_for(kBetweenTries);
            throw_if_interrupted();
        }
    }

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
        if (summary.had_been_unplugged)
            context.console.note(
                "Its disk had been unplugged: what was written last may be missing. The volume recovers when it is "
                "opened next.");
        if (!summary.still_used_by.empty())
            context.console.note(
                fmt::format("Still used by {}; until they let go it cannot be opened again.", summary.still_used_by));
        if (context.json()) {
            Json line{{"type", "closed"}};
            put_path(line, "container", volume.container);
            line["was_open"] = true;
            line["engine_had_died"] = summary.engine_had_died;
            line["had_been_unplugged"] = summary.had_been_unplugged;
            context.output.json(line);
        } else {
            context.output.line(fmt::format("Closed {}.", os::printable(volume.container)));
        }
    }

    std::string target_;
    bool wait_ = false;
    bool lazy_ = false;
};

}  // namespace

std::unique_ptr<Command> make_close() {
    return std::make_unique<Close>();
}

}  // namespace kist::cli
