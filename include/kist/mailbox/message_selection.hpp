#pragma once
// Which messages of a mailbox's snapshot are meant.

#include "kist/base/byte_count.hpp"
#include "kist/base/timestamp.hpp"
#include "kist/mailbox/snapshot_folders.hpp"
#include "kist/repository/mail_header.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kist::mailbox {

struct SelectedFolder {
    SnapshotFolder folder;
    std::vector<SnapshotMessage> messages;  // by UID
};

struct Selection {
    std::vector<SelectedFolder> folders;  // those without a message only where whole folders were asked for

    std::uint64_t messages() const;
    ByteCount bytes() const;
};

// What a header and a date have to be like; empty: any. All that is given has to fit.
struct MessageQuery {
    std::string from;  // texts that are in these, whatever the letters' case
    std::string recipient;
    std::string subject;
    std::string message_id;           // just this, with or without angle brackets
    std::optional<Timestamp> since;   // by the date at which the server received it
    std::optional<Timestamp> before;  // this one not included

    bool is_everything() const;
};

// A message whose header is not in the catalog's index and cannot be read.
struct UnreadMessage {
    std::string folder;  // with "/" between its parts
    std::uint32_t uid = 0;
    std::string reason;  // printable
};

// wants: by the name with "/" between its parts; none: all. Errors: not_found where no folder is wanted; damaged where
// the catalog is.
Selection select_folders(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                         const std::function<bool(const std::string& folder)>& wants);

// Looks for messages by their headers: in the catalog's index, or in themselves where it lacks them.
class MessageSearch {
  public:
    // All outlive it; the catalog is used by it alone.
    MessageSearch(const repository::Repository& repository, repository::Catalog& catalog, const MessageQuery& query);
    MessageSearch(const MessageSearch&) = delete;
    MessageSearch& operator=(const MessageSearch&) = delete;
    ~MessageSearch();

    // nullopt: it does not fit. Errors: damaged where it cannot be read.
    std::optional<repository::MailHeader> match(const SnapshotMessage& message);

    // Leaves what fits, and no folder without any. Errors: not_found where nothing does; interrupted.
    std::vector<UnreadMessage> narrow(Selection& selection, const std::atomic<bool>& interrupted);

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace kist::mailbox
