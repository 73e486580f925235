#include "volume/userspace_engine.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "volume/engine_process.hpp"
#include "volume/plaintext_file.hpp"
#include "volume/runtime_folder.hpp"

#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace kist::volume {
namespace {

using namespace std::chrono_literals;

constexpr auto kPollInterval = 10ms;
constexpr auto kBriefly = 500ms;         // within it autoclear frees a loop device nobody uses
constexpr auto kForRelease = 10s;        // for the kernel to let go of what nobody uses
constexpr auto kForTheLastFlush = 300s;  // of the container, at the speed of a bad disk

template <typename Condition>
bool wait_until(const Condition& holds, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(kPollInterval);
    }
    return true;
}

os::Fd open_plaintext(const std::string& path, int flags) {
    os::Fd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) throw Error::from_errno(errno, "cannot open " + path);
    return fd;
}

// Only root has; the decrypted file itself is an ordinary user's device, and fuse2fs writes it in small pieces.
bool has_loop_devices() {
    return geteuid() == 0;
}

bool loop_is_attached(const std::string& loop, const std::string& plaintext) {
    return !loop.empty() && block::loop_backing_file(loop) == plaintext;
}

void free_loop(const std::string& loop, const std::string& plaintext) {
    const auto is_free = [&] { return !loop_is_attached(loop, plaintext); };
    if (wait_until(is_free, kBriefly)) return;
    block::detach_loop(loop);
    if (!wait_until(is_free, kForRelease))
        throw Error(ErrorCode::busy, loop + " is still in use", "Is the volume mounted in another namespace?");
}

bool try_unmount(const std::string& plaintext) {
    try {
        mount::unmount(plaintext);
        return true;
    } catch (const Error& error) {
        if (error.code() != ErrorCode::busy) throw;
        return false;
    }
}

// The kernel closes the file behind a freed loop device a moment later, and fuse2fs when it has written everything:
// until then it is busy.
void unmount_plaintext(const std::string& plaintext, const ProcessIdentity& engine) {
    while (mount::find_mount(plaintext)) {
        if (!is_running(engine)) return mount::detach_mount(plaintext);
        if (!wait_until([&] { return try_unmount(plaintext); }, has_loop_devices() ? kForRelease : kForTheLastFlush))
            mount::unmount(plaintext);
    }
}

}  // namespace

ActiveMapping UserspaceEngine::map(Container& container, const luks::Header& header, const Secret& volume_key) {
    const auto plaintext = plaintext_path(header.uuid());
    open_plaintext(plaintext, O_WRONLY | O_CREAT);
    Mapping mapping;
    try {
        const auto caching = has_loop_devices() ? fuse::Caching::none : fuse::Caching::writeback;
        mapping.process = start_engine({container.fd(), header.layout(), plaintext, caching}, volume_key);
        if (!has_loop_devices()) {
            const auto size = plaintext_size(container.fd(), header.layout());
            os::truncate(open_plaintext(plaintext, O_RDWR).get(), size, plaintext);
            mapping.device = plaintext;
            return {std::move(mapping), std::nullopt};
        }
        const auto fd = open_plaintext(plaintext, container.access() == os::Access::read_only ? O_RDONLY : O_RDWR);
        auto loop = block::LoopDevice::attach(fd.get(), plaintext, header.layout().sector_size);
        mapping.loop = loop.path();
        mapping.device = loop.path();
        return {std::move(mapping), std::move(loop)};
    } catch (...) {
        unmap(header.uuid(), mapping);
        throw;
    }
}

void UserspaceEngine::unmap(const Uuid& luks, const Mapping& mapping) {
    const auto plaintext = plaintext_path(luks);
    free_loop(mapping.loop, plaintext);
    unmount_plaintext(plaintext, mapping.process);
    if (!wait_for_exit(mapping.process, kForTheLastFlush))
        throw Error(ErrorCode::busy, "the volume's engine (process " + std::to_string(mapping.process.pid) +
                                         ") is still writing to the container");
    unlink(plaintext.c_str());
}

// The loop device frees itself with its last user, and the engine ends when nobody has its file open any more.
void UserspaceEngine::let_go(const Uuid& luks, const Mapping&) {
    const auto plaintext = plaintext_path(luks);
    mount::detach_mount(plaintext);
    unlink(plaintext.c_str());
}

MappingState UserspaceEngine::state(const Uuid& luks, const Mapping& mapping) const {
    const auto plaintext = plaintext_path(luks);
    const bool running = is_running(mapping.process);
    const bool served = mount::find_mount(plaintext).has_value();
    const bool attached = mapping.device == plaintext ? served : loop_is_attached(mapping.loop, plaintext);
    if (running && attached && served) return MappingState::whole;
    return running || attached || served ? MappingState::broken : MappingState::gone;
}

bool UserspaceEngine::owns_device(const Uuid& luks, const Mapping& mapping) const {
    const auto plaintext = plaintext_path(luks);
    if (mapping.device == plaintext) return mount::find_mount(plaintext).has_value();
    return loop_is_attached(mapping.loop, plaintext);
}

}  // namespace kist::volume
