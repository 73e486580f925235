#pragma once
// With a POP3 server.

#include "mailbox/exchange.hpp"
#include "mailbox/maildrop.hpp"

namespace kist::mailbox {

class MaildropExchange : public Exchange {
  public:
    explicit MaildropExchange(const ExportOptions& options) : options_(options), maildrop_(options) {}

    void connect() override { maildrop_.server().session(); }
    std::unique_ptr<AccountScan> make_scan(repository::Run& run, Timestamp now) override;
    void fetch(repository::Run& run, FetchQueue& queue, std::uint64_t messages, ExportSummary& summary) override;
    void logout() override { maildrop_.server().logout(); }
    std::uint64_t recoveries() const override { return maildrop_.server().recoveries(); }

  private:
    const ExportOptions& options_;
    Maildrop maildrop_;
    UniqueIds ids_;
    Timestamp now_{};
};

}  // namespace kist::mailbox
