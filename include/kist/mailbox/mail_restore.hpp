#pragma once
// Messages of a mailbox's snapshot go back to an IMAP server, by APPEND, with their flags, keywords and dates. Nothing
// on the server is deleted or changed; what is there already, by the hash of the whole message, is not sent again. So a
// second run goes on where an interrupted one ended.
//
// Folders get the server's own separator and namespace, are created where they are missing, and subscribed where they
// were. A message is sent only after all of it was compared with its hash.

#include "kist/base/byte_count.hpp"
#include "kist/mailbox/snapshot_folders.hpp"
#include "kist/mailproto/imap_session.hpp"
#include "kist/repository/repository.hpp"
#include "kist/repository/snapshot.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kist::mailbox {

struct MailRestoreProgress {
    std::atomic<bool> is_sending = false;  // before, the server's messages are read and compared
    std::atomic<std::uint64_t> messages_read = 0;
    std::atomic<std::uint64_t> messages_done = 0;
    std::atomic<std::uint64_t> messages_total = 0;  // to be sent
    std::atomic<std::uint64_t> bytes_done = 0;
};

struct MailRestoreOptions {
    repository::Snapshot snapshot;  // of a mailbox
    // Makes a session, logged in; again after a lost connection.
    std::function<std::unique_ptr<mailproto::ImapSession>()> connect;
    std::function<bool(const std::string& folder)> wants{};  // by the name with "/" between its parts; none: all
    std::function<bool(const SnapshotMessage& message)> wants_message{};  // none: all; folders without any are left out
    std::chrono::milliseconds first_pause{1000};  // before connecting again; each further one twice as long
    MailRestoreProgress* progress = nullptr;
    const std::atomic<bool>* interrupted = nullptr;
};

struct RestoredFolder {
    std::string name;    // in the snapshot, with "/" between its parts
    std::string target;  // as the server writes it
    bool is_new = false;
    bool gets_subscribed = false;
    std::uint64_t messages = 0;  // in the snapshot
    std::uint64_t missing = 0;   // on the server when it was looked at
    ByteCount missing_bytes;
    std::uint64_t sent = 0;
    ByteCount sent_bytes;
};

// Something that could not be done, or one message that was not sent.
struct MailTrouble {
    enum class Kind : std::uint8_t { damaged, refused };
    Kind kind = Kind::refused;
    std::string folder;     // with "/" between its parts
    std::uint32_t uid = 0;  // in the snapshot; 0: it concerns the folder
    std::string reason;     // printable
};

struct MailRestoreSummary {
    std::vector<RestoredFolder> folders;
    std::vector<MailTrouble> troubles;
    std::vector<std::string> left_out_keywords;  // that the server does not keep, rising
    std::uint64_t reconnections = 0;
};

class MailRestore {
  public:
    // The repository outlives it. Errors: not_found where no folder is wanted.
    MailRestore(const repository::Repository& repository, const MailRestoreOptions& options);
    MailRestore(const MailRestore&) = delete;
    MailRestore& operator=(const MailRestore&) = delete;
    ~MailRestore();

    // Connects, and compares. Nothing changes on the server. Errors: those of connect(); interrupted; failed where the
    // connection is lost again and again.
    void look();
    // After look(): what it found missing is sent. Errors: as of look().
    void send();

    // After either.
    MailRestoreSummary summary() const;

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace kist::mailbox
