#pragma once
// With an IMAP server.

#include "mailbox/exchange.hpp"
#include "mailbox/message_receiver.hpp"
#include "mailbox/server.hpp"

#include <mutex>

namespace kist::mailbox {

class ImapExchange : public Exchange {
  public:
    explicit ImapExchange(const ExportOptions& options);  // outlives it

    void connect() override { server_.session(); }
    std::unique_ptr<AccountScan> make_scan(repository::Run& run, Timestamp now) override;
    // By several connections where there is enough to do.
    void fetch(repository::Run& run, FetchQueue& queue, std::uint64_t messages, ExportSummary& summary) override;
    void logout() override { server_.logout(); }
    std::uint64_t recoveries() const override { return server_.recoveries(); }

  private:
    std::unique_ptr<mailproto::ImapSession> make_session() const;
    ReceivedCounts fetch_along(repository::Run& run, FetchQueue& queue, unsigned number) const;

    const ExportOptions& options_;
    Server server_;
};

}  // namespace kist::mailbox
