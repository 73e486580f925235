#include "volume/disk_use.hpp"

#include "kist/block/claims.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"

#include "volume/registry.hpp"

#include <algorithm>

namespace kist::volume {
namespace {

constexpr int kDeepest = 16;  // of devices above each other

struct Stack {
    std::string bottom;   // the disk's own device
    std::string carried;  // "" or the name of the device above it
    int depth = 0;
};

std::string subject(const Stack& stack) {
    const auto bottom = os::printable(stack.bottom);
    return stack.carried.empty() ? bottom + " is "
                                 : bottom + " carries " + os::printable(stack.carried) + ", which is ";
}

bool is_of_the_system(const std::string& mount_point) {
    return mount_point == "/" ||
           std::ranges::any_of(std::initializer_list<const char*>{"/boot", "/usr", "/var", "/etc", "/home"},
                               [&](const std::string& folder) {
                                   return mount_point == folder || mount_point.starts_with(folder + "/");
                               });
}

void append_mounts(std::uint64_t number, const Stack& stack, std::vector<std::string>& uses) {
    for (const auto& entry : mount::mount_table()) {
        if (!mount::is_on_device(entry, number)) continue;
        const auto* const system = is_of_the_system(entry.mount_point) ? " (the running system)" : "";
        uses.push_back(subject(stack) + "mounted at " + os::printable(entry.mount_point) + system);
    }
}

void append_open_volumes(std::uint64_t number, const Stack& stack, std::vector<std::string>& uses) {
    for (const auto& record : read_records())
        if (record.container_id == ContainerId{number, 0} && !judge(record).is_gone())
            uses.push_back(subject(stack) + "open as the volume at " + os::printable(record.mount_point));
}

void append_uses(std::uint64_t number, const Stack& stack, std::vector<std::string>& uses) {
    const auto before = uses.size();
    append_mounts(number, stack, uses);
    append_open_volumes(number, stack, uses);
    if (block::is_swap(number)) uses.push_back(subject(stack) + "used as swap space");
    if (uses.size() == before)
        for (const auto& uuid : block::mounted_btrfs_on(number))
            uses.push_back(subject(stack) + "part of the mounted btrfs " + uuid);
    if (stack.depth == kDeepest) return;
    for (const auto& upper : block::devices_on(number)) {
        const auto known = uses.size();
        append_uses(upper.number, {stack.bottom, upper.name, stack.depth + 1}, uses);
        if (uses.size() == known) uses.push_back(os::printable(stack.bottom) + " carries " + os::printable(upper.name));
    }
}

}  // namespace

std::vector<std::string> uses_of(const block::Disk& disk, const block::Device& target) {
    std::vector<std::string> uses;
    append_uses(disk.whole.number, {disk.whole.path, "", 0}, uses);
    for (const auto& partition : disk.partitions)
        if (target.partition == 0 || partition.number == target.number)
            append_uses(partition.number, {partition.path, "", 0}, uses);
    std::ranges::sort(uses);
    uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
    return uses;
}

}  // namespace kist::volume
