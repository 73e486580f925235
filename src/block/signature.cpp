#include "kist/block/signature.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "block/partition_name.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <blkid/blkid.h>
#include <fcntl.h>

namespace kist::block {
namespace {

struct FreeProbe {
    void operator()(blkid_probe probe) const noexcept { blkid_free_probe(probe); }
};
using Probe = std::unique_ptr<blkid_struct_probe, FreeProbe>;

constexpr int kMostSignatures = 64;

Probe open_probe(int fd, const std::string& path) {
    Probe probe(blkid_new_probe());
    if (!probe || blkid_probe_set_device(probe.get(), fd, 0, 0) != 0)
        throw Error(ErrorCode::failed, "cannot look for signatures in " + os::printable(path));
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_enable_partitions(probe.get(), 1);
    return probe;
}

os::Fd open_for_reading(const std::string& path) {
    os::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    return fd;
}

std::string value_of(const Probe& probe, const char* name) {
    const char* data = nullptr;
    std::size_t size = 0;
    if (blkid_probe_lookup_value(probe.get(), name, &data, &size) != 0 || size == 0) return "";
    return {data, size - 1};  // the size counts the terminating NUL
}

Signature current(const Probe& probe) {
    auto type = value_of(probe, "TYPE");
    if (type.empty()) type = value_of(probe, "PTTYPE");
    auto uuid = value_of(probe, "UUID");
    if (uuid.empty()) uuid = value_of(probe, "PTUUID");
    return {std::move(type), std::move(uuid), value_of(probe, "LABEL")};
}

}  // namespace

std::optional<Signature> probe(const std::string& path) {
    const auto fd = open_for_reading(path);
    const auto probe = open_probe(fd.get(), path);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL);
    const int result = blkid_do_safeprobe(probe.get());
    if (result == 1) return std::nullopt;
    if (result != 0)
        throw Error(ErrorCode::damaged,
                    os::printable(path) + (result == -2 ? " holds signatures of more than one format"
                                                        : " cannot be read for its signature"));
    return current(probe);
}

std::vector<Signature> probe_all(const std::string& path) {
    const auto fd = open_for_reading(path);
    const auto probe = open_probe(fd.get(), path);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL);
    blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_FORCE_GPT);
    std::vector<Signature> found;
    for (int i = 0; i < kMostSignatures && blkid_do_probe(probe.get()) == 0; ++i)
        if (auto signature = current(probe); !std::ranges::count(found, signature.type, &Signature::type))
            found.push_back(std::move(signature));
    return found;
}

std::string partition_name(const std::string& disk, int partition) {
    const os::Fd fd(open(disk.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return "";
    const auto probe = open_probe(fd.get(), disk);
    auto* const table = blkid_probe_get_partitions(probe.get());
    auto* const entry = table == nullptr ? nullptr : blkid_partlist_get_partition_by_partno(table, partition);
    const char* const name = entry == nullptr ? nullptr : blkid_partition_get_name(entry);
    return name == nullptr ? "" : name;
}

void wipe_signatures(int fd, const std::string& path) {
    const auto probe = open_probe(fd, path);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_TYPE | BLKID_SUBLKS_BADCSUM);
    blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
    // Each step back lets the same format be found again where it has a second copy.
    for (int i = 0; i < kMostSignatures && blkid_do_probe(probe.get()) == 0; ++i)
        if (blkid_do_wipe(probe.get(), 0) != 0)
            throw Error::from_errno(errno, "cannot wipe what is on " + os::printable(path));
    os::sync_file(fd, path);
}

}  // namespace kist::block
