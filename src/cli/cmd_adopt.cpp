#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/repository.hpp"
#include "kist/volume/mounted_volume.hpp"

#include "cli/commands.hpp"
#include "cli/prompt.hpp"
#include "cli/session.hpp"
#include "cli/unlock.hpp"
#include "cli/volume_report.hpp"

#include <optional>

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Adopt : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_,
                         "A LUKS volume (container file, device, label or UUID), or a mounted folder",
                         Presence::required);
        options.text("--at", "DIR", mount_point_, "Mount it at this empty folder (default: /run/kist/LABEL)");
        options.flag("--rebind", rebind_, "Take a repository that was copied here from another volume");
        options.flag("--yes", yes_, "Do not ask before --rebind");
        options.footer(
            "Examples:\n  kist adopt /dev/sdb1\n  kist adopt /mnt/backup\n\n"
            "Takes a volume that another program has made, for backups of Kist. What is on it stays as it is. LUKS1 "
            "and\n"
            "LUKS2 with aes-xts-plain64 are taken; of a mounted folder Kist does not care how it is encrypted, and\n"
            "neither opens nor closes it.");
    }

    ExitCode run(Context& context) override {
        const auto place = find_place(context.options, target_);
        if (!place.directory.empty()) return adopt_folder(context, place.directory);
        if (place.open && place.open->state == volume::VolumeState::open)
            return adopt_volume(context, volume::MountedVolume::attach(*place.open));
        return open_and_adopt(context, place.open ? container_of(*place.open) : place.container);
    }

  private:
    ExitCode adopt_folder(Context& context, const std::string& path) const {
        const auto binding = binding_of_folder(path);
        if (!binding)
            throw Error(ErrorCode::usage, os::printable(path) + " is no mount point: nothing is mounted there",
                        "Backups must never land in an empty mount point. Mount the disk first.");
        if (binding->filesystem == Uuid{})
            context.console.note(
                "Its filesystem has no UUID that can be found: Kist cannot tell it from another one mounted there.");
        bind(context, path, *binding);
        if (context.json())
            report_json(context, Json{{"type", "adopted"}}, path);
        else
            context.output.line(fmt::format("Adopted {0}. Next: kist --volume {0} backup FOLDER", os::printable(path)));
        return ExitCode::done;
    }

    static void report_json(Context& context, Json line, const std::string& path) {
        put_path(line, "mount_point", path);
        context.output.json(line);
    }

    ExitCode open_and_adopt(Context& context, const std::string& container) const {
        const auto volume = volume::open({.path = container, .mount_point = mount_point_}, unlock_with(context));
        const auto& description = volume.description();
        try {
            return adopt_volume(context, volume);
        } catch (...) {
            try {
                volume::close(description);
            } catch (const Error& error) {
                context.console.error(error.message());
            }
            throw;
        }
    }

    ExitCode adopt_volume(Context& context, const volume::MountedVolume& volume) const {
        bind(context, volume.mount_point(), binding_of(volume.identity()));
        if (context.json()) {
            Json line{{"type", "adopted"}};
            put_volume(line, volume.description());
            context.output.json(line);
        } else {
            context.output.line(fmt::format("Adopted {}. It is open at {} ({} engine).",
                                            os::printable(volume.description().container),
                                            os::printable(volume.mount_point()), to_text(volume.description().engine)));
        }
        return ExitCode::done;
    }

    void bind(Context& context, const std::string& root, const repository::Binding& binding) const {
        const auto bound = repository::Repository::find_binding(root);
        if (!bound) return create(root, binding);
        if (*bound == binding) return context.console.note("It holds Kist's repository already, and stays as it is.");
        if (!rebind_)
            throw Error(
                ErrorCode::failed,
                os::printable(root) + " holds a repository of another volume: it was copied, or the disks swapped",
                "If it was copied here to stay: kist adopt --rebind " + os::printable(target_));
        const auto question =
            fmt::format("The repository at {} was made on volume {}. Bind it to this one?", os::printable(root),
                        to_string(bound->luks == Uuid{} ? bound->filesystem : bound->luks));
        if (!yes_ && !can_ask())
            throw Error(ErrorCode::usage, "--rebind asks first, and there is no terminal", "If you mean it: --yes");
        if (!yes_ && !confirm(question)) throw Error(ErrorCode::interrupted, "not confirmed", "Nothing was changed.");
        repository::Repository::rebind(root, binding);
    }

    void create(const std::string& root, const repository::Binding& binding) const {
        if (rebind_)
            throw Error(ErrorCode::not_found, os::printable(root) + " holds no repository that could be bound to it",
                        "Leave --rebind out, and Kist makes a new one.");
        if (os::Directory::open(root).find_status("latest"))
            throw Error(ErrorCode::failed,
                        os::printable(root) + " holds something called `latest`, where Kist keeps the newest backup",
                        "Rename it, then try again.");
        repository::Repository::create(root, binding);
    }

    std::string target_;
    std::string mount_point_;
    bool rebind_ = false;
    bool yes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_adopt() {
    return std::make_unique<Adopt>();
}

}  // namespace kist::cli
