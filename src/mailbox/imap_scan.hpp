#pragma once
// The scan of an IMAP account: what LIST and STATUS say tells which folders are looked into, and QRESYNC, CONDSTORE or
// the whole list of messages what differs in them.

#include "mailbox/account_scan.hpp"
#include "mailbox/server.hpp"

#include <vector>

namespace kist::mailbox {

class ImapScan : public AccountScan {
  public:
    ImapScan(repository::Run& run, Server& server, const ExportOptions& options, Timestamp now)
        : AccountScan(run, options, now), server_(server) {}

  protected:
    std::vector<mailproto::ImapFolder> ask_for_folders() override;
    bool is_unchanged(const Folder& folder) const override;
    void look_into(const std::vector<Folder*>& folders) override;
    os::FileStatus status_of(const Folder& folder, std::uint32_t uid_validity, std::uint32_t uid) const override;

  private:
    Inquiry inquiry_for(const Folder& folder) const;
    void look_carefully(Folder& folder);

    Server& server_;
};

}  // namespace kist::mailbox
