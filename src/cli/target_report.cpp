#include "cli/target_report.hpp"

#include "kist/os/directory.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::string describe_signature(const block::Signature& signature) {
    std::string text = os::printable(signature.type);
    if (!signature.label.empty()) text += fmt::format(" \"{}\"", os::printable(signature.label));
    if (!signature.uuid.empty()) text += " " + os::printable(signature.uuid);
    return text;
}

std::string describe_contents(const block::Device& device) {
    std::string text;
    for (const auto& signature : device.signatures) text += (text.empty() ? "" : ", ") + describe_signature(signature);
    return text.empty() ? "nothing known" : text;
}

std::string describe_partition(const block::Device& partition) {
    return fmt::format(
        "\n  {}  {}{}: {}", os::printable(partition.path), to_string(partition.size),
        partition.partition_name.empty() ? "" : fmt::format(" \"{}\"", os::printable(partition.partition_name)),
        describe_contents(partition));
}

std::string describe_disk(const block::Disk& disk) {
    std::string text = os::printable(disk.whole.path) + ": " + to_string(disk.whole.size);
    const auto append = [&](const char* before, const std::string& value) {
        if (!value.empty()) text += before + os::printable(value);
    };
    append(", ", disk.vendor);
    append(disk.vendor.empty() ? ", " : " ", disk.model);
    append(", serial ", disk.serial);
    append(", ", disk.transport);
    if (disk.removable) text += ", removable";
    if (disk.whole.read_only) text += ", write-protected";
    text += "\n  holds: " + describe_contents(disk.whole);
    for (const auto& partition : disk.partitions) text += describe_partition(partition);
    return text;
}

const char* to_text(volume::TargetKind kind) {
    switch (kind) {
        case volume::TargetKind::new_file:
            return "new_file";
        case volume::TargetKind::file:
            return "file";
        case volume::TargetKind::disk:
            return "disk";
        case volume::TargetKind::partition:
            break;
    }
    return "partition";
}

Json device_json(const block::Device& device) {
    Json object;
    put_path(object, "path", device.path);
    object["size"] = device.size.value;
    object["by_id"] = Json::array();
    for (const auto& name : device.by_id) object["by_id"].push_back(os::printable(name));
    object["signatures"] = Json::array();
    for (const auto& signature : device.signatures) {
        Json found{{"type", os::printable(signature.type)}, {"uuid", os::printable(signature.uuid)}};
        put_path(found, "label", signature.label);
        object["signatures"].push_back(std::move(found));
    }
    return object;
}

void put_disk(Json& object, const block::Disk& disk) {
    put_path(object, "vendor", disk.vendor);
    put_path(object, "model", disk.model);
    put_path(object, "serial", disk.serial);
    object["transport"] = disk.transport;
    object["removable"] = disk.removable;
    object["read_only"] = disk.whole.read_only;
    object["sector_size"] = disk.sector_size;
    object["disk"] = device_json(disk.whole);
    object["partitions"] = Json::array();
    for (const auto& partition : disk.partitions) object["partitions"].push_back(device_json(partition));
}

}  // namespace

std::string describe_target(const volume::Target& target) {
    auto text = target.disk ? describe_disk(*target.disk) : os::printable(target.path);
    for (const auto& use : target.uses) text += "\n  " + use;
    if (!target.unfinished.empty()) text += "\n  " + target.unfinished;
    return text;
}

Json target_json(const volume::Target& target) {
    Json object{{"type", "target"}};
    put_path(object, "path", target.path);
    object["kind"] = to_text(target.kind);
    if (target.disk) put_disk(object, *target.disk);
    object["uses"] = target.uses;
    object["unfinished"] = target.unfinished;
    return object;
}

}  // namespace kist::cli
