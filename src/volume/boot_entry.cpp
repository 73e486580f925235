#include "kist/volume/boot_entry.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/mount/mount_table.hpp"

#include "volume/boot_judges.hpp"
#include "volume/boot_lines.hpp"
#include "volume/mapping_name.hpp"
#include "volume/running_systemd.hpp"
#include "volume/systemd_names.hpp"
#include "volume/table_file.hpp"
#include "volume/table_text.hpp"

#include <algorithm>

namespace kist::volume {
namespace {

// A table, and what is to become of it.
struct Edit {
    Edit(const std::string& path, TableText::Belongs belongs)
        : file(path), text(file.exists() ? TableText(file.text(), belongs) : TableText::make_new(belongs)) {}

    std::string result() const { return text.is_used_up() ? "" : text.text(); }
    bool changes() const { return result() != file.text(); }
    void write() {
        if (!changes()) return;
        text.is_used_up() ? file.remove() : file.replace(text.text());
    }

    TableFile file;
    TableText text;
};

struct Edits {
    explicit Edits(const BootTables& tables)
        : crypttab(tables.crypttab, is_crypttab_line_of), fstab(tables.fstab, is_fstab_line_of) {}

    bool change() const { return crypttab.changes() || fstab.changes(); }

    Edit crypttab;
    Edit fstab;
};

// crypttab first: alone it does nothing, while a line of fstab without it leads nowhere. The other way round when
// lines go.
enum class Order { crypttab_first, fstab_first };

BootChange write(const BootTables& tables, Edits& edits, Order order) {
    if (!edits.change()) return BootChange::nothing_to_do;
    require_accepted({edits.crypttab.file.text(), edits.fstab.file.text()},
                     {edits.crypttab.result(), edits.fstab.result()});
    auto& first = order == Order::crypttab_first ? edits.crypttab : edits.fstab;
    auto& second = order == Order::crypttab_first ? edits.fstab : edits.crypttab;
    first.write();
    second.write();
    if (tables == BootTables()) reload_systemd();
    return BootChange::made;
}

// The type is only known while the volume is open: not knowing it now is no reason to forget it.
BootEntry with_known_filesystem(BootEntry entry, const std::optional<std::string>& old_line) {
    const auto fields = table_fields(old_line.value_or(""));
    if (entry.filesystem == "auto" && fields.size() >= 3) entry.filesystem = fields[2];
    return entry;
}

BootLines lines_of(const Edits& edits, const Uuid& luks) {
    BootLines lines{.luks = luks,
                    .crypttab = edits.crypttab.text.find(luks).value_or(""),
                    .fstab = edits.fstab.text.find(luks).value_or(""),
                    .mount_point = "",
                    .key_file = "",
                    .mount_unit = ""};
    if (const auto fields = table_fields(lines.crypttab); fields.size() >= 3 && fields[2].starts_with('/'))
        lines.key_file = fields[2];
    if (const auto fields = table_fields(lines.fstab); fields.size() >= 2) {
        lines.mount_point = unescape_table_field(fields[1]);
        lines.mount_unit = systemd_unit_of_path(lines.mount_point, "mount");
    }
    return lines;
}

}  // namespace

BootChange add_boot_entry(const BootTables& tables, const BootEntry& entry) {
    require_expressible(entry);
    Edits edits(tables);
    require_no_other_crypttab_line(edits.crypttab.text.foreign_lines(), entry);
    require_no_other_fstab_line(edits.fstab.text.foreign_lines(), entry);
    for (const auto& other : boot_entries(tables))
        if (other.luks != entry.luks && other.mount_point == entry.mount_point)
            throw Error(
                ErrorCode::usage,
                entry.mount_point + " is the mount point of another volume's boot entry: " + to_string(other.luks),
                "Choose another one with --at.");
    edits.crypttab.text.put(entry.luks, crypttab_line(entry));
    edits.fstab.text.put(entry.luks, fstab_line(with_known_filesystem(entry, edits.fstab.text.find(entry.luks))));
    return write(tables, edits, Order::crypttab_first);
}

BootChange remove_boot_entry(const BootTables& tables, const Uuid& luks) {
    Edits edits(tables);
    edits.crypttab.text.remove(luks);
    edits.fstab.text.remove(luks);
    return write(tables, edits, Order::fstab_first);
}

std::vector<BootLines> boot_entries(const BootTables& tables) {
    const Edits edits(tables);
    auto volumes = edits.crypttab.text.volumes();
    for (const auto& luks : edits.fstab.text.volumes())
        if (std::ranges::find(volumes, luks) == volumes.end()) volumes.push_back(luks);
    std::vector<BootLines> entries;
    for (const auto& luks : volumes) entries.push_back(lines_of(edits, luks));
    return entries;
}

std::optional<std::string> mount_point_of_volume(const Uuid& luks) {
    const auto device = block::device_number("/dev/mapper/" + mapping_name(luks));
    for (const auto& mount : mount::mount_table())
        if (device && mount.device == *device) return mount.mount_point;
    return std::nullopt;
}

std::string filesystem_type_of(const OpenVolume& volume) {
    const auto mount = mount::find_mount(volume.mount_point);
    return mount && !mount->type.empty() ? mount->type : "auto";
}

}  // namespace kist::volume
