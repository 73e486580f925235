#include "volume/process_identity.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include <cerrno>
#include <sstream>
#include <string>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kist::volume {
namespace {

constexpr int kStartTimeAfterState = 19;  // fields from the state, the third, to the start time, the 22nd

}  // namespace

ProcessIdentity identify_process(int pid) {
    std::string stat;
    try {
        stat = os::read_small_file("/proc/" + std::to_string(pid) + "/stat");
    } catch (const Error&) {
        return {};
    }
    // The program's name stands in parentheses and may hold anything, parentheses too.
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string state;
    std::string field;
    fields >> state;
    for (int i = 0; i < kStartTimeAfterState; ++i) fields >> field;
    if (!fields || state == "Z" || state == "X") return {};
    return {pid, std::stoull(field)};
}

bool is_running(const ProcessIdentity& process) {
    return process.pid > 0 && identify_process(process.pid) == process;
}

bool wait_for_exit(const ProcessIdentity& process, std::chrono::milliseconds limit) {
    const os::Fd handle(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
    if (!handle || !is_running(process)) return !is_running(process);
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd exit{handle.get(), POLLIN, 0};
        const int ready = poll(&exit, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready > 0) return true;
        if (ready == 0) return false;
        if (errno != EINTR) throw Error::from_errno(errno, "cannot wait for process " + std::to_string(process.pid));
    }
}

}  // namespace kist::volume
