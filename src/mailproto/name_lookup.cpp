#include "mailproto/name_lookup.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kMostAddresses = 16;
constexpr std::chrono::milliseconds kSlice(200);

// getaddrinfo(3) itself cannot be interrupted, and waits for as long as resolv.conf says: so it runs beside us.
struct Request {
    std::string host;
    std::string service;
    addrinfo hints{};
    gaicb control{};

    Request(const std::string& name, std::uint16_t port) : host(name), service(std::to_string(port)) {
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV;
        control.ar_name = host.c_str();
        control.ar_service = service.c_str();
        control.ar_request = &hints;
    }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    ~Request() {
        if (control.ar_result != nullptr) freeaddrinfo(control.ar_result);
    }
};

// A lookup that cannot be stopped any more writes into its request when it ends: it is kept until then, and never
// destroyed with the program's other objects.
class Abandoned {
  public:
    static void take(std::unique_ptr<Request> request) {
        static Abandoned& all = *new Abandoned;
        const std::lock_guard lock(all.mutex_);
        std::erase_if(all.requests_, [](const auto& one) { return gai_error(&one->control) != EAI_INPROGRESS; });
        if (gai_cancel(&request->control) == EAI_NOTCANCELED) all.requests_.push_back(std::move(request));
    }

  private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Request>> requests_;
};

void wait_for_answer(std::unique_ptr<Request>& request, Deadline deadline, const std::atomic<bool>* interrupted) {
    const gaicb* const list[] = {&request->control};
    constexpr timespec kTime{0, std::chrono::nanoseconds(kSlice).count()};
    while (gai_error(&request->control) == EAI_INPROGRESS) {
        try {
            throw_if_set(interrupted);
        } catch (const Error&) {
            Abandoned::take(std::move(request));
            throw;
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            const auto host = request->host;
            Abandoned::take(std::move(request));
            throw Error(ErrorCode::failed,
                        fmt::format("cannot find the address of {}: no name server answers", os::printable(host)));
        }
        gai_suspend(list, 1, &kTime);
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
    auto request = std::make_unique<Request>(host, port);
    gaicb* list[] = {&request->control};
    if (const int code = getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr); code != 0) refuse(host, code);
    wait_for_answer(request, deadline, interrupted);
    if (const int code = gai_error(&request->control); code != 0) refuse(host, code);
    std::vector<SocketAddress> addresses;
    for (const auto* one = request->control.ar_result; one != nullptr && addresses.size() < kMostAddresses;
         one = one->ai_next) {
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
