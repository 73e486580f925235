#include "kist/base/byte_count.hpp"
#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/repository.hpp"
#include "kist/volume/prepare.hpp"
#include "kist/volume/target.hpp"

#include "cli/commands.hpp"
#include "cli/consent.hpp"
#include "cli/kdf_options.hpp"
#include "cli/prompt.hpp"
#include "cli/session.hpp"
#include "cli/size_option.hpp"
#include "cli/target_report.hpp"
#include "cli/unlock.hpp"
#include "cli/volume_report.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Prepare : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_, "The disk or partition to take, or the container file to make",
                         Presence::required);
        options.text("--size", "SIZE", size_, "Of a container file: 4G, 512M");
        options.text("--at", "DIR", mount_point_, "Mount it at this empty folder (default: /run/kist/LABEL)");
        options.text("--label", "LABEL", label_, "The volume's name, at most 16 bytes (default: kist)");
        options.text("--filesystem", "KIND", filesystem_, "ext4, xfs or btrfs (default: ext4)");
        options.flag("--whole-disk", whole_disk_, "Make no partition table on the disk");
        options.text("--yes-erase", "ID", yes_erase_,
                     "Do not ask; ID is the disk's serial or its name in /dev/disk/by-id");
        options.text("--engine", "ENGINE", engine_, "dm-crypt or userspace (default: dm-crypt where it can be used)");
        kdf_.declare(options);
        options.footer(
            "Examples:\n  kist prepare /dev/sdb\n  kist prepare disk.kist --size 4G\n\n"
            "Everything that is on the disk is lost. Kist shows it first, and asks; what is mounted or in use is "
            "never\n"
            "overwritten. The volume is LUKS2 with a common filesystem, as cryptsetup makes them. It stays open;\n"
            "`kist close` closes it.");
    }

    ExitCode run(Context& context) override {
        auto options = volume_options();
        const auto target = volume::examine_target(target_);
        require_sensible(target);
        if (target.kind != volume::TargetKind::new_file) agree(context, target, options);
        warn_of_memory(context, options.kdf);
        const auto key = read_key(context.options.key, KeyPurpose::protect, os::printable(target_));
        options.furnish = [](const volume::MountedVolume& volume) {
            repository::Repository::create(volume.mount_point(), binding_of(volume.identity()));
        };
        const auto volume = volume::prepare(options, key);
        remember_header(context, luks::Header::load(volume.description().container));
        report(context, volume, options);
        return ExitCode::done;
    }

  private:
    volume::PrepareOptions volume_options() const {
        volume::PrepareOptions options;
        options.path = target_;
        if (!size_.empty()) options.size = parse_size("--size", size_);
        if (!label_.empty()) options.label = label_;
        options.mount_point = mount_point_;
        options.filesystem = filesystem();
        if (whole_disk_) options.layout = volume::DiskLayout::whole_disk;
        options.engine = parse_engine(engine_);
        options.kdf = kdf_.cost();
        return options;
    }

    mount::FilesystemKind filesystem() const {
        if (filesystem_.empty()) return mount::FilesystemKind::ext4;
        const auto kind = mount::parse_filesystem_kind(filesystem_);
        if (!kind)
            throw Error(ErrorCode::usage, fmt::format("Kist does not make {} filesystems", os::printable(filesystem_)),
                        "--filesystem is ext4, xfs or btrfs.");
        return *kind;
    }

    void require_sensible(const volume::Target& target) const {
        const auto name = os::printable(target_);
        if (!target.disk && size_.empty())
            throw Error(ErrorCode::usage, "prepare needs the size of the container",
                        fmt::format("For example: kist prepare {} --size 4G", name));
        if (target.disk && !size_.empty())
            throw Error(ErrorCode::usage, fmt::format("{} is taken whole: --size is for container files", name));
        if (whole_disk_ && target.kind != volume::TargetKind::disk)
            throw Error(ErrorCode::usage, fmt::format("--whole-disk is for disks, and {} is none", name));
    }

    // Shows what would be lost. What is in use, and a file that holds anything, is refused by prepare() itself.
    void agree(Context& context, const volume::Target& target, volume::PrepareOptions& options) const {
        if (context.json()) {
            context.output.json(target_json(target));
            context.output.flush();  // it is wanted also where this goes no further
        }
        if (!target.uses.empty() || (!target.disk && target.unfinished.empty())) return;
        context.console.note(describe_target(target));
        if (yes_erase_.empty() && !target.holds_something() && can_ask()) {
            if (!confirm(fmt::format("Nothing known is on it. Encrypt {}?", os::printable(target.path))))
                throw Error(ErrorCode::interrupted, "not confirmed", "Nothing was changed.");
        } else {
            require_typed_name(yes_erase_, volume::identifiers_of(target), target.path);
        }
        options.found = volume::Found::replace;
        if (target.disk) options.seen = target.disk->sequence;
    }

    static void warn_of_memory(Context& context, const luks::KdfCost& kdf) {
        if (kdf.memory > luks::KdfCost{}.memory)
            context.console.note(fmt::format(
                "Opening it will take {} of memory: a small rescue machine may not have that.", to_string(kdf.memory)));
    }

    void report(Context& context, const volume::MountedVolume& volume, const volume::PrepareOptions& options) const {
        const auto space = space_at(volume.mount_point());
        if (context.json()) {
            Json line{{"type", "prepared"}};
            put_volume(line, volume.description());
            line["filesystem"] = mount::to_text(options.filesystem);
            line["size"] = options.size == ByteCount{} ? space.size.value : options.size.value;
            context.output.json(line);
            return;
        }
        const auto mount_point = os::printable(volume.mount_point());
        const auto container = os::printable(volume.description().container);
        context.output.line(fmt::format("Made {}: LUKS2 (aes-xts-plain64, argon2id) with {}, {} free, UUID {}",
                                        container, mount::to_text(options.filesystem), to_string(space.free),
                                        to_string(volume.identity().luks)));
        context.output.line(
            fmt::format("It is open at {} ({} engine). Next:", mount_point, to_text(volume.description().engine)));
        context.output.line("  kist backup FOLDER    back up a folder into it");
        context.output.line("  kist status           see how things are");
        context.output.line(fmt::format("  kist close {}", container));
    }

    std::string target_;
    std::string size_;
    std::string mount_point_;
    std::string label_;
    std::string filesystem_;
    std::string yes_erase_;
    std::string engine_;
    KdfOptions kdf_;
    bool whole_disk_ = false;
};

}  // namespace

std::unique_ptr<Command> make_prepare() {
    return std::make_unique<Prepare>();
}

}  // namespace kist::cli
