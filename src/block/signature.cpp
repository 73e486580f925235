#include "kist/block/signature.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

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

std::string value_of(const Probe& probe, const char* name) {
    const char* data = nullptr;
    std::size_t size = 0;
    if (blkid_probe_lookup_value(probe.get(), name, &data, &size) != 0 || size == 0) return "";
    return {data, size - 1};  // the size counts the terminating NUL
}

}  // namespace

std::optional<Signature> probe(const std::string& path) {
    const os::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    const Probe probe(blkid_new_probe());
    if (!probe || blkid_probe_set_device(probe.get(), fd.get(), 0, 0) != 0)
        throw Error(ErrorCode::failed, "cannot look for signatures in " + os::printable(path));
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL);
    blkid_probe_enable_partitions(probe.get(), 1);
    const int result = blkid_do_safeprobe(probe.get());
    if (result == 1) return std::nullopt;
    if (result != 0)
        throw Error(ErrorCode::damaged,
                    os::printable(path) + (result == -2 ? " holds signatures of more than one format"
                                                        : " cannot be read for its signature"));
    auto type = value_of(probe, "TYPE");
    if (type.empty()) type = value_of(probe, "PTTYPE");
    return Signature{std::move(type), value_of(probe, "UUID"), value_of(probe, "LABEL")};
}

}  // namespace kist::block
