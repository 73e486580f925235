#include "mailproto/connecting.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "mailproto/name_lookup.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace kist::mailproto {
namespace {

constexpr std::chrono::milliseconds kHeadStart(250);

// The attempts that run beside each other. The first that succeeds wins, the others are closed.
class Race {
  public:
    // target: the host and port, for messages.
    Race(std::string target, std::vector<SocketAddress> addresses, Deadline deadline,
         const std::atomic<bool>* interrupted)
        : target_(std::move(target)),
          addresses_(std::move(addresses)),
          deadline_(deadline),
          interrupted_(interrupted) {}

    struct Attempt {
        os::Fd socket;
        SocketAddress address;
    };

    Attempt run() {
        for (;;) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= deadline_) fail(ETIMEDOUT);
            if (next_ < addresses_.size() && (running_.empty() || now >= next_start_)) {
                if (auto won = start(addresses_[next_++])) return std::move(*won);
                next_start_ = now + kHeadStart;
            } else if (running_.empty()) {
                fail(last_error_);
            } else if (auto won = look()) {
                return std::move(*won);
            }
        }
    }

  private:
    [[noreturn]] void fail(int error) const {
        throw Error::from_errno(error, fmt::format("cannot connect to {}", target_),
                                error == ECONNREFUSED ? "Nothing listens there: look at the port and the server." : "");
    }

    std::optional<Attempt> start(const SocketAddress& address) {
        os::Fd socket(::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (socket && ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0)
            return Attempt{std::move(socket), address};
        if (socket && errno == EINPROGRESS)
            running_.push_back({std::move(socket), address});
        else
            last_error_ = errno;
        return std::nullopt;
    }

    std::optional<Attempt> look() {
        std::vector<pollfd> sockets;
        for (const auto& attempt : running_) sockets.push_back({attempt.socket.get(), POLLOUT, 0});
        wait_for(sockets, next_ < addresses_.size() ? std::min(deadline_, next_start_) : deadline_, interrupted_);
        for (std::size_t i = sockets.size(); i-- > 0;) {
            if (sockets[i].revents == 0) continue;
            int error = 0;
            socklen_t size = sizeof error;
            if (getsockopt(sockets[i].fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
            if (error == 0) return std::move(running_[i]);
            last_error_ = error;
            next_start_ = std::chrono::steady_clock::now();
            running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        return std::nullopt;
    }

    std::string target_;
    std::vector<SocketAddress> addresses_;
    Deadline deadline_;
    const std::atomic<bool>* interrupted_;
    std::vector<Attempt> running_;
    std::size_t next_ = 0;
    Deadline next_start_{};
    int last_error_ = EHOSTUNREACH;
};

void set_option(int socket, int level, int name) noexcept {
    const int on = 1;
    setsockopt(socket, level, name, &on, sizeof on);
}

}  // namespace

Connected connect_to(const std::string& host, std::uint16_t port, Deadline deadline,
                     const std::atomic<bool>* interrupted) {
    auto won = Race(fmt::format("{} port {}", os::printable(host), port), look_up(host, port, deadline, interrupted),
                    deadline, interrupted)
                   .run();
    set_option(won.socket.get(), IPPROTO_TCP, TCP_NODELAY);  // commands are collected by us
    set_option(won.socket.get(), SOL_SOCKET, SO_KEEPALIVE);
    return {std::move(won.socket), fmt::format("{} port {}", numeric_host(won.address), port), is_private(won.address)};
}

}  // namespace kist::mailproto
