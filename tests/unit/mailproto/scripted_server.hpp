#pragma once
// A server of one connection on this machine that does what a test tells it, well or badly.

#include "kist/mailproto/connection.hpp"
#include "kist/os/fd.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

namespace kist::mailproto::test {

// The server's end. Gives up quietly where the client has gone.
class Peer {
  public:
    explicit Peer(os::Fd socket) : socket_(std::move(socket)) {}

    void say(std::string_view text) {
        while (!text.empty()) {
            const auto put = send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (put <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(put));
        }
    }

    void stop_saying() { shutdown(socket_.get(), SHUT_WR); }

    // Without its line end; what there is at the end.
    std::string hear() {
        for (std::size_t seen = 0; heard_.find('\n', seen) == std::string::npos;) {
            seen = heard_.size();
            if (!hear_more()) break;
        }
        const auto newline = std::min(heard_.find('\n'), heard_.size());
        auto line = heard_.substr(0, newline);
        heard_.erase(0, newline + 1);
        if (line.ends_with('\r')) line.pop_back();
        return line;
    }

    // How much comes until the client goes.
    std::size_t hear_all() {
        auto count = std::exchange(heard_, {}).size();
        for (; hear_more(); heard_.clear()) count += heard_.size();
        return count;
    }

  private:
    bool hear_more() {
        char buffer[16384];
        const auto got = recv(socket_.get(), buffer, sizeof buffer, 0);
        if (got > 0) heard_.append(buffer, static_cast<std::size_t>(got));
        return got > 0;
    }

    os::Fd socket_;
    std::string heard_;
};

class ScriptedServer {
  public:
    explicit ScriptedServer(std::function<void(Peer&)> script) {
        os::Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener.get(), raw, size) != 0 || listen(listener.get(), 1) != 0 ||
            getsockname(listener.get(), raw, &size) != 0)
            throw std::runtime_error("no socket to listen on");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([listener = std::move(listener), script = std::move(script)] {
            os::Fd accepted(accept(listener.get(), nullptr, nullptr));
            if (!accepted) return;
            Peer peer(std::move(accepted));
            script(peer);
        });
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    ~ScriptedServer() { thread_.join(); }  // the client must have gone, or the script be over

    std::uint16_t port() const noexcept { return port_; }

    // Plain text, as far as the script goes.
    ConnectionOptions options() const {
        ConnectionOptions options;
        options.host = "127.0.0.1";
        options.port = port_;
        options.tls = TlsStart::later;
        options.plain_text = PlainText::allowed;
        return options;
    }

  private:
    std::uint16_t port_ = 0;
    std::thread thread_;
};

inline Secret secret(std::string_view text) {
    return Secret::copy_of(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace kist::mailproto::test
