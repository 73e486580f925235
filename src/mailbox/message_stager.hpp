#pragma once
// Staging of an account: makes the folders that are new, has what the scan found to be new fetched, and builds it in
// .kist/staging.

#include "kist/mailbox/export.hpp"
#include "kist/repository/run.hpp"

#include "mailbox/account_scan.hpp"
#include "mailbox/exchange.hpp"
#include "mailbox/fetch_queue.hpp"
#include "mailbox/staging_place.hpp"

#include <cstdint>

namespace kist::mailbox {

class MessageStager {
  public:
    MessageStager(repository::Run& run, ScannedAccount& account, const ExportOptions& options, ExportSummary& summary);

    void work(Exchange& exchange, std::uint64_t messages);  // all passes; messages: how many there are to fetch

  private:
    void make_folders();
    void describe_directories();

    repository::Run& run_;
    ScannedAccount& account_;
    ExportSummary& summary_;
    StagingPlace place_;
    FetchQueue queue_;
};

}  // namespace kist::mailbox
