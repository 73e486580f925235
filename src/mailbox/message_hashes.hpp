#pragma once
// What a folder on a server holds, by the hashes of its messages: they are read as a whole, because sizes and headers
// are no proof. Nothing changes there (EXAMINE, BODY.PEEK).

#include "kist/base/digest.hpp"
#include "kist/mailproto/imap_folders.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kist::mailbox {

class MessageHashes {
  public:
    // raw: the folder's name as the server writes it.
    explicit MessageHashes(std::string raw) : raw_(std::move(raw)) {}

    // Opens the folder, and reads what is not known yet; may be called again, on another session too: what was read
    // before an Error is not read again. `read` counts messages as they come. Errors: those of the session; not_found
    // where the folder cannot be opened, or the server does not give one of its messages.
    void read(mailproto::ImapSession& session, std::atomic<std::uint64_t>& read);
    // Only these messages, of the folder that is open already. What the server does not give is not in by_uid().
    void read_some(mailproto::ImapSession& session, const std::vector<std::uint32_t>& uids);

    const std::map<std::uint32_t, Digest>& by_uid() const { return by_uid_; }

  private:
    bool open(mailproto::ImapSession& session, std::uint32_t& messages);
    void read_missing(mailproto::ImapSession& session, std::atomic<std::uint64_t>& read);

    std::string raw_;
    std::uint32_t uid_validity_ = 0;
    std::map<std::uint32_t, Digest> by_uid_;
};

}  // namespace kist::mailbox
