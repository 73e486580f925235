#include "kist/base/error.hpp"
#include "kist/luks/header.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/boot_entry.hpp"

#include "cli/boot_tables.hpp"
#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"
#include "cli/unlock.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace kist::cli {
namespace {

class BootAdd : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_,
                         "The disk: device, label or UUID (default: --volume, or the only open one)");
        options.text("--at", "DIR", mount_point_, "Where it is mounted (default: as before, or /mnt/LABEL)");
        options.text("--root", "DIR", root_, kBootRootHelp);
        options.footer(
            "Writes one line each into /etc/crypttab and /etc/fstab, by UUID. Nothing waits for a disk that is not "
            "there.\nWith --key-file the disk is opened and mounted whenever it turns up; the file must be root's, "
            "mode "
            "0400.\nWithout, nobody is asked for a passphrase until somebody starts the mount.\n\n"
            "Examples:\n  kist boot add backup --at /mnt/backup\n"
            "  kist --key-file /etc/kist/backup.key boot add /dev/sdb1");
    }

    ExitCode run(Context& context) override {
        const auto tables = boot_tables(root_);
        const auto disk = examine(context);
        const volume::BootEntry entry{.luks = disk.luks,
                                      .mount_point = mount_point_.empty()
                                                         ? usual_mount_point(tables, disk.luks, disk.label)
                                                         : canonical_mount_point(mount_point_, root_),
                                      .key_file = key_file(context, disk),
                                      .filesystem = disk.filesystem};
        const auto change = volume::add_boot_entry(tables, entry);
        report(context, tables, entry, change);
        return ExitCode::done;
    }

  private:
    struct Disk {
        std::string path;
        Uuid luks;
        std::string label;
        std::string filesystem;
    };

    Disk examine(Context& context) const {
        const auto place = find_place(context.options, target_);
        const auto path = place.open ? place.open->container : place.container;
        if (!std::filesystem::is_block_file(path))
            throw Error(
                ErrorCode::usage, os::printable(target_.empty() ? path : target_) + " is not a disk or partition",
                "Boot entries are for disks, which are found by UUID; a container file is opened by kist open.");
        const auto header = luks::Header::load(path);
        return {.path = path,
                .luks = header.uuid(),
                .label = header.label(),
                .filesystem = place.open ? volume::filesystem_type_of(*place.open) : "auto"};
    }

    // Tried, too: a key file that does not fit would be found out when the machine boots and nobody is there.
    std::string key_file(Context& context, const Disk& disk) const {
        const auto& key = context.options.key;
        if (!key.command.empty() || key.file == "-")
            throw Error(ErrorCode::usage, "at boot a key can only come from a file",
                        "Give --key-file FILE, or no key.");
        if (key.file.empty()) return "";
        const auto path = volume::require_guarded_key_file(root_, key.file);
        unlock(context, luks::Header::load(disk.path), {.key = KeyOptions{.file = root_ + path, .command = ""}});
        return path;
    }

    static void report(Context& context, const volume::BootTables& tables, const volume::BootEntry& entry,
                       volume::BootChange change) {
        const bool changed = change == volume::BootChange::made;
        if (context.json()) {
            Json line{{"type", "boot-entry-added"}, {"uuid", to_string(entry.luks)}};
            put_path(line, "mount_point", entry.mount_point);
            if (!entry.key_file.empty()) put_path(line, "key_file", entry.key_file);
            line["changed"] = changed;
            return context.output.json(line);
        }
        context.output.line(fmt::format("{} and {} {} the volume {} at {}.", os::printable(tables.crypttab),
                                        os::printable(tables.fstab), changed ? "now have" : "had already",
                                        to_string(entry.luks), entry.mount_point));
        if (changed) explain(context, tables, entry);
    }

    static void explain(Context& context, const volume::BootTables& tables, const volume::BootEntry& entry) {
        std::string unit;
        for (const auto& lines : volume::boot_entries(tables))
            if (lines.luks == entry.luks) unit = lines.mount_unit;
        context.output.line(entry.key_file.empty()
                                ? "It is opened when somebody asks for it, and only then is a passphrase wanted:"
                                : "It is opened and mounted whenever it is plugged in or there at boot. By hand:");
        context.output.line(fmt::format("  systemctl start '{}'", unit));
    }

    std::string target_;
    std::string mount_point_;
    std::string root_;
};

}  // namespace

std::unique_ptr<Command> make_boot_add() {
    return std::make_unique<BootAdd>();
}

}  // namespace kist::cli
