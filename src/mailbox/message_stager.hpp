#pragma once
// Staging of an account: makes the folders that are new, fetches what the scan found to be new, and builds it in
// .kist/staging.

#include "kist/mailbox/export.hpp"
#include "kist/repository/run.hpp"

#include "mailbox/account_scan.hpp"
#include "mailbox/fetch_queue.hpp"
#include "mailbox/message_receiver.hpp"
#include "mailbox/server.hpp"
#include "mailbox/staging_place.hpp"

#include <cstdint>
#include <mutex>

namespace kist::mailbox {

class MessageStager {
  public:
    // server: the first connection; others are made where there is enough to do.
    MessageStager(repository::Run& run, Server& server, ScannedAccount& account, const ExportOptions& options,
                  ExportSummary& summary);

    void work(std::uint64_t messages);  // all passes; messages: how many there are to fetch

  private:
    void make_folders();
    void fetch_messages(std::uint64_t messages);
    void fetch_along(unsigned number);
    void add(const ReceivedCounts& received);
    void describe_directories();

    repository::Run& run_;
    Server& server_;
    ScannedAccount& account_;
    const ExportOptions& options_;
    std::mutex mutex_;  // guards the summary
    ExportSummary& summary_;
    StagingPlace place_;
    FetchQueue queue_;
};

}  // namespace kist::mailbox
