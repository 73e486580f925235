#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/repository.hpp"
#include "kist/volume/mounted_volume.hpp"

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/volume_report.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Open : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_, "The container file or device (default: --volume)");
        options.text("--at", "DIR", mount_point_, "Mount it at this empty folder (default: /run/kist/LABEL)");
        options.footer("Example:\n  kist open disk.kist --at /mnt/backup");
    }

    ExitCode run(Context& context) override {
        if (target_.empty()) target_ = context.options.volume;
        if (target_.empty()) throw Error(ErrorCode::usage, "open needs the container or device", "kist open FILE");
        refuse_open_one();
        const auto key = read_key(context.options.key, KeyPurpose::unlock, os::printable(target_));
        const auto volume = volume::open({target_, mount_point_}, key);
        report(context, volume);
        finish_interrupted_run(context, volume);
        return ExitCode::done;
    }

  private:
    // Before anybody has to type a passphrase for nothing.
    void refuse_open_one() const {
        const auto open = volume::find(target_);
        if (!open || open->state == volume::VolumeState::broken) return;
        throw Error(ErrorCode::busy,
                    fmt::format("{} is open already, at {}{}", os::printable(target_), os::printable(open->mount_point),
                                open->engine_pid == 0 ? "" : fmt::format(" (engine: process {})", open->engine_pid)),
                    fmt::format("Use it there, or close it: kist close {}", os::printable(target_)));
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

    static void report(Context& context, const volume::MountedVolume& volume) {
        if (context.json()) {
            Json line{{"type", "opened"}};
            put_volume(line, volume.description());
            context.output.json(line);
        } else {
            context.output.line(fmt::format("Opened {} at {} ({} engine).",
                                            os::printable(volume.description().container),
                                            os::printable(volume.mount_point()), to_text(volume.description().engine)));
        }
    }

    std::string target_;
    std::string mount_point_;
};

}  // namespace

std::unique_ptr<Command> make_open() {
    return std::make_unique<Open>();
}

}  // namespace kist::cli
