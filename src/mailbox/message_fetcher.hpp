#pragma once
// Fetches messages over one connection, in units of which two are on their way at a time, into .kist/staging. A lost
// connection is made again, and what was still to come asked for again.

#include "kist/mailbox/export.hpp"

#include "mailbox/fetch_queue.hpp"
#include "mailbox/fetch_unit.hpp"
#include "mailbox/message_receiver.hpp"
#include "mailbox/server.hpp"
#include "mailbox/staging_place.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace kist::mailbox {

// One thread; several fetchers may share queue and run.
class MessageFetcher {
  public:
    // incoming: the name in staging of what is being received, of this fetcher alone.
    MessageFetcher(repository::Run& run, Server& server, FetchQueue& queue, const ExportOptions& options,
                   const std::string& incoming);

    // Until the queue has nothing more, or the budget is used up. After an Error one of the next two is called.
    void work();
    // What was fetched and is not finished is of use to the account's next run.
    void note_unfinished();
    // What is not finished goes back into the queue, if the error is one that other connections need not have. False:
    // it is the volume's, or ends the run.
    bool gives_back_after(const Error& error);

    const ReceivedCounts& received() const { return receiver_.counts; }

  private:
    void ask(FetchUnit& unit);
    void hear(FetchUnit& unit);
    void hear_first();
    void set_aside(FetchUnit&& unit);
    void go_on_after(const Error& error);
    void leave_flying();
    void refuse_all(FetchUnit& unit, const std::string& reason);

    // What a server did not give when many were asked for.
    void fetch_stragglers(FetchUnit& unit);
    void drop_vanished(FetchUnit& unit);
    void fetch_some(FetchUnit& unit, const std::vector<std::uint32_t>& uids);
    void skip(FetchUnit& unit, std::uint32_t uid, const std::string& reason);

    repository::Run& run_;
    Server& server_;
    FetchQueue& queue_;
    StagingPlace place_;
    MessageReceiver receiver_;
    std::deque<FetchUnit> flying_;
    std::deque<FetchUnit> stragglers_;
    std::string selected_;               // raw name of the folder that is open as far as commands were sent
    std::uint64_t received_before_ = 0;  // messages, when the connection was last lost
};

}  // namespace kist::mailbox
