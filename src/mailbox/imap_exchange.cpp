#include "mailbox/imap_exchange.hpp"

#include "kist/base/error.hpp"
#include "kist/os/parallel.hpp"

#include "mailbox/imap_scan.hpp"
#include "mailbox/message_fetcher.hpp"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

constexpr std::uint64_t kMessagesAConnection = 2000;  // for fewer another one is not worth its making

}  // namespace

ImapExchange::ImapExchange(const ExportOptions& options)
    : options_(options), server_([this] { return make_session(); }, options) {}

std::unique_ptr<mailproto::ImapSession> ImapExchange::make_session() const {
    auto session = options_.connect();
    if (session->can("QRESYNC") && session->can("ENABLE")) session->enable_ahead("QRESYNC");
    return session;
}

std::unique_ptr<AccountScan> ImapExchange::make_scan(repository::Run& run, Timestamp now) {
    return std::make_unique<ImapScan>(run, server_, options_, now);
}

void ImapExchange::fetch(repository::Run& run, FetchQueue& queue, std::uint64_t messages, ExportSummary& summary) {
    const auto most = std::max<std::uint64_t>(1, options_.connections);
    const auto connections = static_cast<unsigned>(std::min(most, 1 + messages / kMessagesAConnection));
    MessageFetcher first(run, server_, queue, options_, "incoming");
    std::atomic<unsigned> begun = 0;
    std::mutex mutex;
    try {
        os::run_in_parallel(connections, [&] {
            try {
                const auto number = begun++;
                if (number == 0) return first.work();
                const auto received = fetch_along(run, queue, number);
                const std::lock_guard lock(mutex);
                add(summary, received);
            } catch (...) {
                queue.stop();
                throw;
            }
        });
        first.work();  // what others have given back
    } catch (const Error&) {
        first.note_unfinished();
        throw;
    }
    add(summary, first.received());
}

// By a connection of its own; where the server does not give it, or takes it away, the first one does without.
ReceivedCounts ImapExchange::fetch_along(repository::Run& run, FetchQueue& queue, unsigned number) const {
    Server server([this] { return make_session(); }, options_);
    MessageFetcher fetcher(run, server, queue, options_, fmt::format("incoming-{}", number));
    try {
        server.session();
        fetcher.work();
        server.logout();
    } catch (const Error& error) {
        if (!fetcher.gives_back_after(error)) {
            fetcher.note_unfinished();
            throw;
        }
    }
    return fetcher.received();
}

}  // namespace kist::mailbox
