#pragma once
// Staging of an account: fetches what the scan found to be new, in units of which two are on their way at a time, and
// builds it in .kist/staging. A lost connection is made again, and what was still to come asked for again.

#include "kist/mailbox/export.hpp"
#include "kist/repository/run.hpp"

#include "mailbox/account_scan.hpp"
#include "mailbox/fetch_unit.hpp"
#include "mailbox/message_receiver.hpp"
#include "mailbox/server.hpp"
#include "mailbox/staging_place.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace kist::mailbox {

class MessageStager {
  public:
    MessageStager(repository::Run& run, Server& server, ScannedAccount& account, const ExportOptions& options,
                  ExportSummary& summary);

    void work();  // all passes

  private:
    void make_folders();
    void fetch_messages();
    void describe_directories();

    std::optional<FetchUnit> next_unit();
    bool take_batch();
    bool is_settled(const FetchUnit& unit, repository::StagedChange& staged);
    bool keeps_file(const repository::StagedChange& staged, bool has_other_keywords);
    void keep_keywords(const FetchUnit& unit, repository::StagedChange& staged, std::uint32_t uid);

    void ask(FetchUnit& unit);
    void hear(FetchUnit& unit);
    void hear_first();
    void finish(FetchUnit& unit);
    void set_aside(FetchUnit&& unit);
    void go_on_after(const Error& error);
    void refuse_all(FetchUnit& unit, const std::string& reason);

    // What a server did not give when many were asked for.
    void fetch_stragglers(FetchUnit& unit);
    void drop_vanished(FetchUnit& unit);
    void fetch_some(FetchUnit& unit, const std::vector<std::uint32_t>& uids);
    void skip(FetchUnit& unit, std::uint32_t uid, const std::string& reason);

    repository::Run& run_;
    Server& server_;
    ScannedAccount& account_;
    const ExportOptions& options_;
    ExportSummary& summary_;
    StagingPlace place_;
    MessageReceiver receiver_;
    std::deque<repository::StagedChange> pulled_;  // taken from the Run, in no unit yet
    bool has_more_ = true;
    std::deque<FetchUnit> flying_;
    std::vector<FetchUnit> stragglers_;
    std::string selected_;               // raw name of the folder that is open as far as commands were sent
    std::uint64_t received_before_ = 0;  // messages, when the connection was last lost
};

}  // namespace kist::mailbox
