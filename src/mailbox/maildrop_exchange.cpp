#include "mailbox/maildrop_exchange.hpp"

#include "kist/base/error.hpp"

#include "mailbox/maildrop_fetcher.hpp"
#include "mailbox/maildrop_scan.hpp"

namespace kist::mailbox {

std::unique_ptr<AccountScan> MaildropExchange::make_scan(repository::Run& run, Timestamp now) {
    now_ = now;
    return std::make_unique<MaildropScan>(run, maildrop_, ids_, options_, now);
}

void MaildropExchange::fetch(repository::Run& run, FetchQueue& queue, std::uint64_t, ExportSummary& summary) {
    MaildropFetcher fetcher(run, maildrop_, {queue, ids_, now_}, options_);
    fetcher.work();
    add(summary, fetcher.received());
}

}  // namespace kist::mailbox
