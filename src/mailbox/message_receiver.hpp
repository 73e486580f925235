#pragma once
// Takes messages as they come from a server, and writes each into staging, hashing it on the way.

#include "kist/delta/content_hash.hpp"
#include "kist/mailproto/imap_folders.hpp"
#include "kist/os/fd.hpp"
#include "kist/repository/run.hpp"

#include "mailbox/fetch_budget.hpp"
#include "mailbox/fetch_unit.hpp"
#include "mailbox/staging_place.hpp"

#include <string>
#include <vector>

namespace kist::mailbox {

struct ReceivedCounts {
    std::uint64_t messages = 0;  // that were waited for
    ByteCount bytes;
};

inline void add(ExportSummary& summary, const ReceivedCounts& received) {
    summary.fetched += received.messages;
    summary.bytes_fetched += received.bytes;
}

class MessageReceiver : public mailproto::ImapExamined {
  public:
    MessageReceiver(StagingPlace& place, FetchBudget& budget, Progress* progress);

    // Whose messages are expected, the first before the others; they outlive what is read.
    std::vector<FetchUnit*> expected;
    os::ExtendedAttributes attributes;  // that messages get beside their flags
    ReceivedCounts counts;

    void on_body_begin() override;  // Errors: failed where the budget is used up
    void on_body(std::span<const std::byte> piece) override;
    void on_fetched(const mailproto::ImapFetched& message) override;

  private:
    FetchUnit* unit_of(std::uint32_t uid);

    StagingPlace& place_;
    FetchBudget& budget_;
    Progress* progress_;
    os::Fd file_;
    std::uint64_t size_ = 0;
    delta::ContentHasher hasher_;
};

}  // namespace kist::mailbox
