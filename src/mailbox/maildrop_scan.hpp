#pragma once
// The scan of a POP3 maildrop, which is the folder INBOX: one list of unique ids tells what came and what went.

#include "mailbox/account_scan.hpp"
#include "mailbox/maildrop.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace kist::mailbox {

class MaildropScan : public AccountScan {
  public:
    // ids: becomes those of all that is on the server.
    MaildropScan(repository::Run& run, Maildrop& maildrop, UniqueIds& ids, const ExportOptions& options, Timestamp now)
        : AccountScan(run, options, now), maildrop_(maildrop), ids_(ids) {}

  protected:
    std::vector<mailproto::ImapFolder> ask_for_folders() override;
    bool is_unchanged(const Folder&) const override { return false; }
    void look_into(const std::vector<Folder*>& folders) override;
    os::FileStatus status_of(const Folder& folder, std::uint32_t uid_validity, std::uint32_t uid) const override;

  private:
    std::vector<std::string> listed_ids();  // in the server's order
    std::unordered_map<std::string, std::uint32_t> known_uids(const Folder& folder);

    Maildrop& maildrop_;
    UniqueIds& ids_;
};

}  // namespace kist::mailbox
