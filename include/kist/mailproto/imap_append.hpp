#pragma once
// APPEND (RFC 3501, 6.3.11), of several messages in one command where the server has MULTIAPPEND (RFC 3502): it takes
// all of them or none.

#include "kist/mailproto/imap_session.hpp"

#include <span>
#include <string>
#include <vector>

namespace kist::mailproto {

struct AppendedMessage {
    std::vector<std::string> flags;  // as words of IMAP
    Timestamp internal_date;
    std::span<const std::byte> bytes;  // no NUL among them
};

// For ImapSession::send_parts(). folder: as the server writes it. More than one message: only with MULTIAPPEND.
// The parts lend the messages' bytes. Errors: failed for a folder's name that cannot be sent.
std::vector<ImapPart> append_command(const std::string& folder, std::span<const AppendedMessage> messages);

// Whether a word can be sent as a flag: an atom, perhaps with a backslash before it. \Recent is the server's alone.
bool is_flag(std::string_view word);

// Which flags a folder keeps, from PERMANENTFLAGS; a server that does not say it keeps all.
class KeptFlags : public ImapSink {
  public:
    void on_status(const ImapStatus& status) override;
    bool keeps(std::string_view flag) const;

  private:
    bool is_known_ = false;
    bool takes_new_keywords_ = false;
    std::vector<std::string> flags_;
};

}  // namespace kist::mailproto
