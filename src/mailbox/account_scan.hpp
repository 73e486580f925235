#pragma once
// The scan of an account: which folders there are, which messages came, left or are flagged otherwise since the newest
// snapshot. Says it to the Run, and keeps what staging has to know of the folders. How the server is asked is its
// protocol's: ImapScan, MaildropScan.

#include "kist/mailbox/export.hpp"
#include "kist/mailproto/imap_folders.hpp"
#include "kist/repository/catalog.hpp"
#include "kist/repository/run.hpp"

#include "mailbox/flag_table.hpp"
#include "mailbox/folder_comparison.hpp"
#include "mailbox/folder_inquiry.hpp"
#include "mailbox/folder_record.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace kist::mailbox {

struct NewMessage {
    LastingId id;
    FlagTable::Index flags = 0;
};

// A folder as this run finds it.
struct FolderState {
    FolderRecord record;
    std::uint64_t device = 0;
    bool is_incomplete = false;  // not everything that is new could be fetched: the next run has to look again
    std::unordered_map<std::uint32_t, NewMessage> ids{};  // by UID: new messages that have one
};

// A message that the newest snapshot holds.
struct HeldMessage {
    repository::ContentId content = 0;
    Timestamp date{};
};

struct ScannedAccount {
    std::map<std::string, FolderState> folders;  // by their directory below the account's, "" for the inbox
    // Keywords of messages that are known and whose keywords have changed: by the directory of the folder and UID.
    std::map<std::pair<std::string, std::uint32_t>, std::string> keywords;
    FlagTable flags;
    // Of the new messages' ids: those that stood elsewhere, or had another number.
    std::unordered_map<LastingId, HeldMessage, LastingId::Hash> held;
    std::uint64_t excluded = 0;
};

class MessageChanges;

class AccountScan {
  public:
    // now: when what changes has changed.
    AccountScan(repository::Run& run, const ExportOptions& options, Timestamp now);
    AccountScan(const AccountScan&) = delete;
    AccountScan& operator=(const AccountScan&) = delete;
    virtual ~AccountScan() = default;

    ScannedAccount scan();

  protected:
    // One folder of the server beside what is known of its directory.
    struct Folder {
        std::string raw;
        std::string directory;  // below the account's, "" for the inbox
        bool is_selectable = true;
        std::optional<mailproto::ImapFolderStatus> status;
        FolderRecord record;                     // as it is now
        std::optional<repository::Entry> known;  // the directory's row
        std::optional<FolderRecord> before;
        repository::NodeId node = 0;
        repository::NodeId messages_node = 0;               // of cur
        std::optional<repository::Entry> known_messages{};  // cur's row
        bool is_new = false;
        bool are_messages_new = false;  // cur is
        bool is_touched = false;        // messages came, left or got other names
        std::unordered_map<std::uint32_t, NewMessage> ids{};
    };

    // --- the protocol's ---
    virtual std::vector<mailproto::ImapFolder> ask_for_folders() = 0;
    // By what was said of the folder along with its name.
    virtual bool is_unchanged(const Folder& folder) const = 0;
    // Finds out what is in the folders, and take()s it.
    virtual void look_into(const std::vector<Folder*>& folders) = 0;
    // By what a message is known again.
    virtual os::FileStatus status_of(const Folder& folder, std::uint32_t uid_validity, std::uint32_t uid) const = 0;

    // --- for it ---
    // False: the report does not add up, and nothing was taken.
    bool take(Folder& folder, const FolderReport& report);
    repository::Run& run() { return run_; }
    const ExportOptions& options() const { return options_; }
    repository::Catalog& catalog() { return catalog_; }
    FlagTable& flags() { return scanned_.flags; }

  private:
    void list_folders();
    void find_known();
    void add_root();
    void add_directory(Folder& folder);
    void add_maildir(Folder& folder);
    void remove_absent();
    void find_held();
    void touch_changed();
    void touch(const repository::ScannedDirectory& parent, const repository::Entry& known, Timestamp mtime);
    repository::ScannedDirectory root_directory() const;
    repository::ScannedDirectory self_of(const Folder& folder) const;

    std::vector<KnownMessage> known_messages(const Folder& folder, std::uint32_t uid_validity, MessageChanges& changes);
    void refetch(const Folder& folder, const std::vector<KnownMessage>& known, FolderDifference& difference,
                 MessageChanges& changes);
    void reflag(const Folder& folder, const Reflagged& message, MessageChanges& changes);
    repository::Entry entry_of(const KnownMessage& message);
    static void keep_numbers(Folder& folder);
    void skip(Folder& folder, const std::string& reason);

    repository::Run& run_;
    const ExportOptions& options_;
    const Timestamp now_;
    repository::Catalog catalog_;
    std::optional<repository::Entry> root_;
    repository::NodeId root_node_ = 0;
    std::map<std::string, repository::Entry> known_directories_;  // in the account's directory
    std::map<std::string, Folder> folders_;                       // by directory
    ScannedAccount scanned_;
};

}  // namespace kist::mailbox
