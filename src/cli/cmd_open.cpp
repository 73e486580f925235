#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/repository.hpp"
#include "kist/volume/mounted_volume.hpp"
#include "kist/volume/user_disk.hpp"

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/unlock.hpp"
#include "cli/volume_report.hpp"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Open : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_, "The volume: container file, device, label or UUID (default: --volume)");
        options.text("--at", "DIR", mount_point_, "Mount it at this empty folder (default: /run/kist/LABEL)");
        options.flag("--read-only", read_only_, "Write nothing to it");
        options.flag("--accept-header", accept_header_, "Ask whether a header that changed is the right one");
        options.text("--engine", "ENGINE", engine_, "dm-crypt or userspace (default: dm-crypt where it can be used)");
        options.footer(
            "Examples:\n  kist open disk.kist --at /mnt/backup\n  kist open backup      the disk with that label\n\n"
            "A volume that is open already is left as it is, and no key is asked for. Ordinary users open disks "
            "through\n"
            "udisks, which chooses where they are mounted; other commands take that folder: --volume FOLDER.");
    }

    ExitCode run(Context& context) override {
        const auto& name = target_.empty() ? context.options.volume : target_;
        if (name.empty() && context.options.configured.find_volume(name) == nullptr)
            throw Error(ErrorCode::usage, "open needs a volume: a container file, device, label or UUID",
                        "For example: kist open disk.kist");
        const auto engine = parse_engine(engine_);
        const auto place = find_place(context.options, target_);
        if (volume::is_user_disk(place.container)) return open_as_user(context, place.container);
        if (!place.directory.empty())
            throw Error(ErrorCode::usage, os::printable(place.directory) + " is a folder: there is nothing to open",
                        "Whatever mounted it opened it. Commands take it as it is: --volume FOLDER.");
        if (is_open(place)) return keep(context, *place.open);
        open(context, place.open ? container_of(*place.open) : place.container, engine);
        return ExitCode::done;
    }

  private:
    static bool is_open(const Place& place) { return place.open && place.open->state == volume::VolumeState::open; }

    os::Access access() const { return read_only_ ? os::Access::read_only : os::Access::read_write; }

    // Open already is what was asked for, unless it is open in another way.
    ExitCode keep(Context& context, const volume::OpenVolume& volume) const {
        const auto container = os::printable(volume.container);
        const auto refuse = [&](const std::string& how) {
            throw Error(ErrorCode::busy, fmt::format("{} is open already, {}", container, how),
                        fmt::format("Use it there, or close it first: kist close {}", container));
        };
        std::error_code differs;
        if (!mount_point_.empty() && !std::filesystem::equivalent(mount_point_, volume.mount_point, differs))
            refuse("at " + os::printable(volume.mount_point));
        if (access() != volume.access) refuse(read_only_ ? "for writing" : "read-only");
        report(context, volume, "is open already");
        return ExitCode::done;
    }

    // Through udisks, which chooses the mount point.
    ExitCode open_as_user(Context& context, const std::string& device) const {
        if (!mount_point_.empty() || !engine_.empty())
            throw Error(ErrorCode::usage, "only root chooses the mount point and the engine of a disk",
                        "Leave out --at and --engine, or try again with sudo.");
        if (const auto volume = volume::find_user_disk(device)) return keep(context, *volume);
        const auto key = read_key(key_of_volume(context.options, target_.empty() ? context.options.volume : target_),
                                  KeyPurpose::unlock, os::printable(device));
        report(context, volume::open_user_disk(device, access(), key), "is open");
        return ExitCode::done;
    }

    void open(Context& context, const std::string& container, std::optional<volume::EngineKind> engine) const {
        const auto unlock = unlock_with(context, accept_header_ ? HeaderChange::ask : HeaderChange::refuse);
        const auto volume = volume::open(
            {.path = container, .mount_point = mount_point_, .access = access(), .engine = engine}, unlock);
        report(context, volume.description(), "is open");
        finish_interrupted_run(context, volume);
    }

    // A volume that holds no repository (yet) may be opened all the same.
    static void finish_interrupted_run(Context& context, const volume::MountedVolume& volume) {
        try {
            repository::Repository::open(volume.mount_point(), binding_of(volume.identity()));
        } catch (const Error& error) {
            if (error.code() != ErrorCode::not_found) throw;
            context.console.note(error.message());
        }
    }

    static void report(Context& context, const volume::OpenVolume& volume, const char* state) {
        if (context.json()) {
            Json line{{"type", "opened"}};
            put_volume(line, volume);
            context.output.json(line);
        } else {
            context.output.line(fmt::format("{} {} at {} ({} engine{}).", os::printable(volume.container), state,
                                            os::printable(volume.mount_point), to_text(volume.engine),
                                            volume.access == os::Access::read_only ? ", read-only" : ""));
        }
    }

    std::string target_;
    std::string mount_point_;
    std::string engine_;
    bool read_only_ = false;
    bool accept_header_ = false;
};

}  // namespace

std::unique_ptr<Command> make_open() {
    return std::make_unique<Open>();
}

}  // namespace kist::cli
