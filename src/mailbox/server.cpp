#include "mailbox/server.hpp"

#include "kist/base/error.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace kist::mailbox {
namespace {

// In a row: of lost connections, and of anything else, which another try rarely helps.
constexpr unsigned kMostLosses = 5;
constexpr unsigned kMostFailures = 1;
constexpr std::chrono::milliseconds kGlance{50};

}  // namespace

mailproto::ImapSession& Server::session() {
    require_going_on();
    if (session_) return *session_;
    is_connecting_ = true;
    auto session = options_.connect();
    is_connecting_ = false;
    if (session->can("QRESYNC") && session->can("ENABLE")) session->enable_ahead("QRESYNC");
    session_ = std::move(session);
    return *session_;
}

void Server::recover(const Error& error) {
    session_.reset();
    const bool is_lost = std::exchange(is_connecting_, false) || mailproto::is_lost_connection(error);
    if (error.code() != ErrorCode::failed || failures_ >= (is_lost ? kMostLosses : kMostFailures)) throw Error(error);
    ++recoveries_;
    const auto pause = options_.first_pause * (1U << failures_++);
    for (auto waited = kGlance; waited < pause; waited += kGlance) {
        require_going_on();
        std::this_thread::sleep_for(kGlance);
    }
}

void Server::require_going_on() const {
    if (options_.interrupted != nullptr && *options_.interrupted)
        throw Error(ErrorCode::interrupted, "interrupted before the snapshot was complete");
}

void Server::logout() {
    if (session_) session_->logout();
    session_.reset();
}

}  // namespace kist::mailbox
