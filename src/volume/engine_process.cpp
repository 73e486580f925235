#include "volume/engine_process.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/process.hpp"

#include "volume/plaintext_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

namespace kist::volume {
namespace {

constexpr unsigned kWorkers = 4;
constexpr std::size_t kLongestText = 4096;

// What the engine tells its caller once, in one packet: this, then message and hint, each ending in NUL.
struct Report {
    bool serving = false;
    ErrorCode code = ErrorCode::failed;
    pid_t pid = 0;
};

struct Channel {
    os::Fd caller;
    os::Fd engine;
};

Channel make_channel() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw Error::from_errno(errno, "cannot create a socket pair");
    return {os::Fd(ends[0]), os::Fd(ends[1])};
}

void send_packet(int fd, std::span<const std::byte> packet) {
    ssize_t sent = 0;
    do sent = send(fd, packet.data(), packet.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent != static_cast<ssize_t>(packet.size())) throw Error::from_errno(errno, "cannot reach the volume's engine");
}

std::size_t receive_packet(int fd, std::span<std::byte> packet) {
    ssize_t got = 0;
    do got = recv(fd, packet.data(), packet.size(), 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
}

void append(std::vector<std::byte>& packet, std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text.substr(0, kLongestText)));
    packet.insert(packet.end(), bytes.begin(), bytes.end());
    packet.push_back(std::byte{0});
}

void send_report(int fd, const Report& report, std::string_view message, std::string_view hint) {
    const auto head = std::as_bytes(std::span(&report, 1));
    std::vector<std::byte> packet(head.begin(), head.end());
    append(packet, message);
    append(packet, hint);
    send_packet(fd, packet);
}

// Throws what the engine said.
pid_t receive_report(int fd) {
    std::vector<std::byte> packet(sizeof(Report) + 2 * kLongestText + 4);
    const auto size = receive_packet(fd, packet);
    if (size <= sizeof(Report)) throw Error(ErrorCode::failed, "the volume's engine ended while it was starting");
    Report report;
    std::memcpy(&report, packet.data(), sizeof report);
    if (report.serving) return report.pid;
    packet[size] = std::byte{0};
    const std::string message(reinterpret_cast<const char*>(packet.data() + sizeof report));
    throw Error(report.code, message,
                reinterpret_cast<const char*>(packet.data() + sizeof report + message.size() + 1));
}

// ---- in the engine's process

void write_if_possible(const char* path, std::string_view text) noexcept {
    const os::Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
    if (fd && ::write(fd.get(), text.data(), text.size()) < 0) return;
}

// A mounted filesystem stands on this process: only unmounting may end it.
void ignore_signals() noexcept {
    for (const int number :
         {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU})
        signal(number, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

void drop_descriptors_except(int a, int b) noexcept {
    const os::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.get(), standard);
    const auto low = static_cast<unsigned>(std::min(a, b));
    const auto high = static_cast<unsigned>(std::max(a, b));
    if (low > 3) close_range(3, low - 1, 0);
    if (high > low + 1) close_range(low + 1, high - 1, 0);
    close_range(high + 1, ~0U, 0);
}

void keep_memory_to_itself() noexcept {
    os::make_undumpable();
    // Everything, because the expanded keys lie where OpenSSL put them. As pages are touched: the address space is
    // much larger than what is used. Ordinary users may not lock so much; their key's own pages are locked by Secret.
    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

// Best effort, all of it: keeps the kernel from ending the process, stopping it with the session that started it, or
// making it wait for pages that only it can write.
void protect_from_pressure() noexcept {
    prctl(PR_SET_IO_FLUSHER, 1);
    write_if_possible("/proc/self/oom_score_adj", "-1000");
    write_if_possible("/sys/fs/cgroup/cgroup.procs", "0");
    write_if_possible("/sys/fs/cgroup/memory/cgroup.procs", "0");
}

void become_a_daemon(int channel, int container) noexcept {
    ignore_signals();
    drop_descriptors_except(channel, container);
    umask(0077);
    if (chdir("/") != 0) return;  // cannot happen, and would only keep a folder busy
    prctl(PR_SET_NAME, "kist-engine");
    protect_from_pressure();
    keep_memory_to_itself();
}

Secret receive_key(int channel, std::size_t size) {
    Secret key(size);
    if (receive_packet(channel, key.expose()) != size) throw Error(ErrorCode::failed, "the engine got no key");
    return key;
}

void serve(const EngineProcess& engine, os::Fd& channel) {
    auto key = receive_key(channel.get(), engine.layout.key_size);
    PlaintextFile file(engine.container, engine.layout, key, kWorkers);
    key = Secret();
    fuse::FileServer server(engine.mount_file, file, engine.caching);
    send_report(channel.get(), {.serving = true, .pid = getpid()}, "", "");
    channel.reset();
    server.run(kWorkers);
    file.sync();
}

[[noreturn]] void run(const EngineProcess& engine, os::Fd channel) noexcept {
    become_a_daemon(channel.get(), engine.container);
    try {
        serve(engine, channel);
    } catch (const Error& error) {
        try {
            if (channel) send_report(channel.get(), {.code = error.code()}, error.message(), error.hint());
        } catch (...) {
        }
        _exit(1);
    } catch (...) {
        _exit(1);
    }
    _exit(0);
}

// Twice, so that it belongs to init and is no child whose end somebody has to collect.
[[noreturn]] void detach(const EngineProcess& engine, os::Fd channel) noexcept {
    setsid();
    const auto pid = fork();
    if (pid == 0) run(engine, std::move(channel));
    _exit(pid < 0 ? 1 : 0);
}

}  // namespace

ProcessIdentity start_engine(const EngineProcess& engine, const Secret& volume_key) {
    auto channel = make_channel();
    const auto child = fork();
    if (child < 0) throw Error::from_errno(errno, "cannot start the volume's engine");
    if (child == 0) {
        channel.caller.reset();
        detach(engine, std::move(channel.engine));
    }
    channel.engine.reset();
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    send_packet(channel.caller.get(), volume_key.expose());
    return identify_process(receive_report(channel.caller.get()));
}

}  // namespace kist::volume
