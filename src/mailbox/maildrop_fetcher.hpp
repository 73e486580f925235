#pragma once
// Fetches messages from a POP3 server into .kist/staging, many asked for at a time where the server allows it. A lost
// connection is made again, and what was still to come asked for again.

#include "mailbox/fetch_queue.hpp"
#include "mailbox/maildrop.hpp"
#include "mailbox/message_receiver.hpp"
#include "mailbox/staging_place.hpp"

#include <string>
#include <vector>

namespace kist::mailbox {

// What is to be fetched.
struct MaildropOrder {
    FetchQueue& queue;
    const UniqueIds& ids;
    Timestamp now;  // the date of messages that do not say one
};

// One thread.
class MaildropFetcher {
  public:
    MaildropFetcher(repository::Run& run, Maildrop& maildrop, const MaildropOrder& order, const ExportOptions& options);

    // Until the queue has nothing more, or the budget is used up. After an Error what was fetched is noted for the
    // account's next run.
    void work();

    const ReceivedCounts& received() const { return receiver_.counts; }

  private:
    void fetch(FetchUnit& unit);
    void fetch_waiting(FetchUnit& unit);
    std::vector<std::uint32_t> present_uids(FetchUnit& unit);
    void request(std::uint32_t uid);
    void receive(FetchUnit& unit, std::uint32_t uid);
    void skip(FetchUnit& unit, std::uint32_t uid, const std::string& reason);
    void go_on_after(const Error& error);

    repository::Run& run_;
    Maildrop& maildrop_;
    const MaildropOrder order_;
    StagingPlace place_;
    MessageReceiver receiver_;
    std::string header_;                 // of the message that is being received, as far as its date needs it
    std::uint64_t received_before_ = 0;  // messages, when the connection was last lost
};

}  // namespace kist::mailbox
