#pragma once
// Takes messages as they come from a server, and writes each into staging, hashing it on the way.

#include "kist/delta/content_hash.hpp"
#include "kist/mailproto/imap_folders.hpp"
#include "kist/os/fd.hpp"
#include "kist/repository/run.hpp"

#include "mailbox/fetch_unit.hpp"
#include "mailbox/staging_place.hpp"

#include <string>
#include <vector>

namespace kist::mailbox {

class MessageReceiver : public mailproto::ImapExamined {
  public:
    MessageReceiver(StagingPlace& place, ExportSummary& summary, Progress* progress);

    // Whose messages are expected, the first before the others; they outlive what is read.
    std::vector<FetchUnit*> expected;
    std::uint64_t received = 0;  // messages that were waited for

    void on_body_begin() override;
    void on_body(std::span<const std::byte> piece) override;
    void on_fetched(const mailproto::ImapFetched& message) override;

  private:
    FetchUnit* unit_of(std::uint32_t uid);

    StagingPlace& place_;
    ExportSummary& summary_;
    Progress* progress_;
    os::Fd file_;
    std::uint64_t size_ = 0;
    delta::ContentHasher hasher_;
};

}  // namespace kist::mailbox
