#pragma once
// What an export has to do with a server, whatever it speaks.

#include "mailbox/account_scan.hpp"
#include "mailbox/fetch_queue.hpp"

#include <cstdint>
#include <memory>

namespace kist::mailbox {

class Exchange {
  public:
    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    virtual ~Exchange() = default;

    virtual void connect() = 0;
    // The exchange outlives it.
    virtual std::unique_ptr<AccountScan> make_scan(repository::Run& run, Timestamp now) = 0;
    // Everything in the queue. After an Error what was fetched is noted for the account's next run.
    virtual void fetch(repository::Run& run, FetchQueue& queue, std::uint64_t messages, ExportSummary& summary) = 0;
    virtual void logout() = 0;
    virtual std::uint64_t recoveries() const = 0;  // of lost connections
};

}  // namespace kist::mailbox
