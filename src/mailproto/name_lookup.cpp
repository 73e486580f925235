#include "mailproto/name_lookup.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kMostAddresses = 16;
constexpr std::chrono::milliseconds kSlice(200);

// getaddrinfo(3) cannot be interrupted, and waits for as long as resolv.conf says: so it runs in a thread beside us,
// which is left alone when it takes too long. Whoever ends last, it or we, frees this.
class Lookup {
  public:
    Lookup(std::string host, std::uint16_t port) : host_(std::move(host)), service_(std::to_string(port)) {}
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;
    ~Lookup() {
        if (found_ != nullptr) freeaddrinfo(found_);
    }

    void run() noexcept {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV;
        addrinfo* found = nullptr;
        const int code = getaddrinfo(host_.c_str(), service_.c_str(), &hints, &found);
        const std::lock_guard lock(mutex_);
        found_ = code == 0 ? found : nullptr;
        code_ = code;
        ended_.notify_all();
    }

    // getaddrinfo's code, once it has ended.
    std::optional<int> wait(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        ended_.wait_for(lock, time, [&] { return code_.has_value(); });
        return code_;
    }

    const addrinfo* found() const { return found_; }  // when it has ended

  private:
    const std::string host_;
    const std::string service_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable ended_;
    std::optional<int> code_;
    addrinfo* found_ = nullptr;
};

// Signals are for the thread that waits.
void start(std::shared_ptr<Lookup> lookup) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread([lookup = std::move(lookup)] { lookup->run(); }).detach();
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int wait_for_answer(Lookup& lookup, const std::string& host, Deadline deadline, const std::atomic<bool>* interrupted) {
    while (true) {
        if (const auto code = lookup.wait(kSlice)) return *code;
        throw_if_set(interrupted);
        if (std::chrono::steady_clock::now() >= deadline)
            throw Error(ErrorCode::failed,
                        fmt::format("cannot find the address of {}: no name server answers", os::printable(host)));
    }
}

[[noreturn]] void refuse(const std::string& host, int code) {
    const bool is_unknown = code == EAI_NONAME || code == EAI_NODATA;
    throw Error(is_unknown ? ErrorCode::not_found : ErrorCode::failed,
                fmt::format("cannot find the address of {}: {}", os::printable(host), gai_strerror(code)),
                is_unknown ? "Look for a typing mistake in the server's name." : "");
}

}  // namespace

std::vector<SocketAddress> look_up(const std::string& host, std::uint16_t port, Deadline deadline,
                                   const std::atomic<bool>* interrupted) {
    const auto lookup = std::make_shared<Lookup>(host, port);
    start(lookup);
    if (const int code = wait_for_answer(*lookup, host, deadline, interrupted); code != 0) refuse(host, code);
    std::vector<SocketAddress> addresses;
    for (const auto* one = lookup->found(); one != nullptr && addresses.size() < kMostAddresses; one = one->ai_next) {
        if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
        auto& address = addresses.emplace_back();
        std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
        address.length = one->ai_addrlen;
        address.family = one->ai_family;
    }
    if (addresses.empty()) refuse(host, EAI_NODATA);
    return addresses;
}

std::string numeric_host(const SocketAddress& address) {
    std::array<char, NI_MAXHOST> text{};
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address.storage);
    if (getnameinfo(raw, address.length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) return "?";
    return text.data();
}

namespace {

bool is_private_v4(std::uint32_t address) noexcept {
    const auto within = [&](std::uint32_t network, unsigned bits) {
        return address >> (32 - bits) == network >> (32 - bits);
    };
    return within(0x7f000000, 8) || within(0x0a000000, 8) || within(0xac100000, 12) || within(0xc0a80000, 16) ||
           within(0xa9fe0000, 16);
}

bool is_private_v6(const in6_addr& address) noexcept {
    if (IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_LINKLOCAL(&address)) return true;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        std::uint32_t last = 0;
        std::memcpy(&last, address.s6_addr + 12, sizeof last);
        return is_private_v4(ntohl(last));
    }
    return (address.s6_addr[0] & 0xfeU) == 0xfc;
}

}  // namespace

bool is_private(const SocketAddress& address) noexcept {
    if (address.family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address.storage, sizeof v4);
        return is_private_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address.family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address.storage, sizeof v6);
        return is_private_v6(v6.sin6_addr);
    }
    return false;
}

}  // namespace kist::mailproto
