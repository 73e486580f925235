#pragma once
// What is to be fetched of an account, for several connections at a time: units of messages, from the run's plan. What
// needs no fetching is settled on the way.

#include "kist/mailbox/export.hpp"
#include "kist/repository/run.hpp"

#include "mailbox/account_scan.hpp"
#include "mailbox/fetch_budget.hpp"
#include "mailbox/fetch_unit.hpp"
#include "mailbox/shared_messages.hpp"
#include "mailbox/staging_place.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace kist::mailbox {

// Any thread.
class FetchQueue {
  public:
    FetchQueue(repository::Run& run, ScannedAccount& account, const ExportOptions& options, ExportSummary& summary);

    // Messages of one folder, as many as are fetched together; nullopt: there are no more, or the budget is used up.
    // One that another folder shows as well is handed out once; what becomes of it elsewhere is settled when all others
    // are finished: whoever finishes one asks again. Errors: the volume's and interrupted, from then on for everybody.
    std::optional<FetchUnit> next();
    // Of a unit: what is fetched or settled. Messages that still wait are left to the next run.
    void finish(FetchUnit&& unit);
    void stop();  // next() gives nothing more: the run ends without a commit
    // What could not be fetched goes to another connection.
    void give_back(FetchUnit&& unit);

    FetchBudget& budget() { return budget_; }
    std::uint64_t left() const;  // messages for which the budget was too small

  private:
    std::optional<FetchUnit> find_next();
    std::optional<FetchUnit> take_unit();
    bool take_batch();
    bool take_deferred();
    bool is_settled(const FetchUnit& unit, repository::StagedChange& staged);
    bool is_held(const NewMessage& message, repository::StagedChange& staged);
    bool is_brought_by_another(const LastingId& id, repository::StagedChange& staged);
    bool has_to_wait(const LastingId& id);
    const std::string& keywords_of(const NewMessage& message) const {
        return account_.flags.at(message.flags).keywords;
    }
    void finish_handed_out(FetchUnit& unit);
    bool keeps_file(const repository::StagedChange& staged, bool has_other_keywords);
    void keep_keywords(const FetchUnit& unit, repository::StagedChange& staged, std::uint32_t uid);
    void settle(FetchUnit& unit);
    void leave_waiting(FetchUnit& unit);

    repository::Run& run_;
    ScannedAccount& account_;
    const ExportOptions& options_;
    FetchBudget budget_;
    mutable std::mutex mutex_;  // guards what follows
    ExportSummary& summary_;    // of what is taken over
    StagingPlace place_;
    std::vector<FetchUnit> returned_;
    std::deque<repository::StagedChange> pulled_;  // taken from the Run, in no unit yet
    SharedMessages shared_;
    std::optional<repository::Catalog> catalog_;      // that held messages are read by
    std::vector<repository::StagedChange> deferred_;  // until it is known whether another folder brings them
    bool may_defer_ = true;
    std::size_t handed_out_ = 0;  // units that are not finished
    bool has_more_ = true;
    bool is_stopped_ = false;
    std::optional<Error> failure_;
    std::uint64_t left_ = 0;
};

}  // namespace kist::mailbox
