#pragma once
// Sends messages of one folder: many in a command where the server has MULTIAPPEND, and several commands at a time
// where it takes literals unasked. What it refuses is halved down to the one message that is the trouble.

#include "kist/mailbox/mail_restore.hpp"
#include "kist/mailproto/imap_append.hpp"

#include "mailbox/restore_folder.hpp"
#include "mailbox/server.hpp"

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kist::mailbox {

// What all folders' messages have in common.
struct AppendContext {
    Server& server;
    MessageReader& reader;
    MailRestoreProgress& progress;
    std::vector<MailTrouble>& troubles;
    std::set<std::string>& left_out;  // keywords
};

class MessageAppender {
  public:
    MessageAppender(const AppendContext& context, RestoreFolder& folder) : context_(context), folder_(folder) {}

    // Errors: those of the session and of Server. What was sent until then is known in the folder's messages.
    void append(const std::vector<std::size_t>& missing);

  private:
    using Batch = std::vector<std::size_t>;  // places in the folder's messages

    void learn_kept_flags();
    bool needs_asking(const Batch& batch);
    bool travels_alone(const Batch& batch) const;
    bool has_more() const { return !pieces_.empty() || !fresh_.empty(); }
    Batch next() const;
    bool may_send();
    Batch take_batch();
    void send(Batch batch);
    void hear();
    std::optional<std::vector<std::byte>> read(RestoreMessage& message);
    bool is_there_with_other_lines(const std::vector<std::byte>& bytes) const;
    std::vector<std::string> flags_for(const SnapshotMessage& message);
    void conclude(const Batch& batch, const mailproto::ImapStatus& status);
    void take_as_sent(RestoreMessage& message);
    void give_up(RestoreMessage& message, MailTrouble::Kind kind, const std::string& reason);
    void blame_for_loss();

    AppendContext context_;
    RestoreFolder& folder_;
    mailproto::KeptFlags kept_;
    std::deque<std::size_t> fresh_;
    std::deque<Batch> pieces_;  // of commands that were refused; before the others, and not put together again
    std::deque<Batch> flying_;
};

}  // namespace kist::mailbox
