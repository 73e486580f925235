#include "cli/rescue_boot.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/header.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/boot_entry.hpp"

#include "cli/boot_tables.hpp"
#include "cli/json_names.hpp"
#include "cli/prompt.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

std::string device_of(const Place& place) {
    return place.open ? place.open->container : place.container;
}

bool is_disk(const Place& place) {
    std::error_code ignored;
    return std::filesystem::is_block_file(device_of(place), ignored);
}

}  // namespace

void RescueBoot::declare(Options& options) {
    options.flag("--boot", wanted_, "Put the disk's lines back into crypttab and fstab, as kist boot add does");
    options.text("--boot-at", "DIR", mount_point_,
                 "With --boot: where it is mounted (default: as before, or /mnt/LABEL)");
}

void RescueBoot::check(const Place& place) const {
    if (!mount_point_.empty() && !wanted_) throw Error(ErrorCode::usage, "--boot-at is for --boot");
    if (wanted_ && !is_disk(place))
        throw Error(ErrorCode::usage, "--boot is for disks, and this volume is none", "Leave it out.");
}

bool RescueBoot::is_wished(const std::string& mount_point) const {
    return wanted_ || confirm(fmt::format("Have systemd know this disk, so that `systemctl start` opens it at {}?",
                                          os::printable(mount_point)));
}

std::string RescueBoot::mount_point(const luks::Header& header, const std::optional<KeptBoot>& before,
                                    const std::string& root) const {
    if (!mount_point_.empty()) return canonical_mount_point(mount_point_, root);
    return before ? before->mount_point : usual_mount_point(boot_tables(root), header.uuid(), header.label());
}

void RescueBoot::put_back(Context& context, const Place& place, const std::optional<KeptBoot>& before,
                          const std::string& root) {
    if (!wanted_ && (!can_ask() || !is_disk(place) || geteuid() != 0)) return;
    const auto header = luks::Header::load(device_of(place));
    const volume::BootEntry entry{.luks = header.uuid(),
                                  .mount_point = mount_point(header, before, root),
                                  .key_file = "",
                                  .filesystem = place.open ? volume::filesystem_type_of(*place.open) : "auto"};
    if (!is_wished(entry.mount_point)) return;
    volume::add_boot_entry(boot_tables(root), entry);
    is_done_ = true;
    if (!context.json()) {
        context.output.line(fmt::format("crypttab and fstab have the disk at {}.", os::printable(entry.mount_point)));
        return;
    }
    Json line{{"type", "boot-entry-added"}, {"uuid", to_string(entry.luks)}};
    put_path(line, "mount_point", entry.mount_point);
    context.output.json(line);
}

std::string RescueBoot::next_step(const Place& place, const std::optional<KeptBoot>& before,
                                  const std::string& root) const {
    if (!is_disk(place)) return "";
    const auto there = root.empty() ? "" : " --root " + os::printable(root);
    const auto key = before && !before->key_file.empty() ? before->key_file : "FILE";
    if (is_done_)
        return fmt::format("To have the disk opened without a passphrase{}: kist --key-file {} boot add{}",
                           key == "FILE" ? "" : ", as it was", key, there);
    return before ? fmt::format("The disk was mounted at {}: kist boot add --at {}{}", before->mount_point,
                                before->mount_point, there)
                  : "To have the disk opened by systemd: kist boot add" + there;
}

}  // namespace kist::cli
