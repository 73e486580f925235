#pragma once
// What a snapshot of a mailbox holds, in a mail server's terms: folders, and messages with their flags.
// doc/format.md, "Mail".

#include "kist/repository/catalog.hpp"
#include "kist/repository/content_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kist::mailbox {

struct SnapshotFolder {
    std::string raw;                 // as the server wrote it
    std::vector<std::string> parts;  // of its name, decoded
    std::string directory;           // its directory's name in the tree; empty: the tree's own
    std::uint32_t uid_validity = 0;
    bool is_subscribed = false;
    bool holds_messages = false;  // it can: it is not only a name above others
    repository::NodeId messages = 0;

    std::string readable() const;  // with "/" between its parts
};

struct SnapshotMessage {
    std::string name;  // its file's, in the tree
    std::uint32_t uid_validity = 0;
    std::uint32_t uid = 0;
    std::vector<std::string> flags;  // IMAP's words, keywords among them
    std::string unique_id;           // of a POP3 server (UIDL); else empty
    Timestamp date;                  // INTERNALDATE
    repository::ContentId content = 0;
    Digest hash;
    std::uint64_t size = 0;
};

// All folders, by their directories' names. What is no folder of a mailbox is left out.
std::vector<SnapshotFolder> snapshot_folders(repository::Catalog& catalog, const repository::Snapshot& snapshot);
// By UID. Errors: damaged where the catalog is.
std::vector<SnapshotMessage> snapshot_messages(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                                               const SnapshotFolder& folder);

// Reads messages as a whole, so that nobody gets a byte of one that is damaged. One thread at a time.
class MessageReader {
  public:
    static constexpr std::uint64_t kLargest = std::uint64_t{512} << 20U;

    // Both outlive it; the catalog is used by it alone.
    MessageReader(const repository::Repository& repository, repository::Catalog& catalog)
        : reader_(repository, catalog) {}

    // Compared with its hash. Errors: damaged where no copy is right; failed for one larger than kLargest.
    std::vector<std::byte> read(const SnapshotMessage& message);
    // Its first bytes, compared as read() does. Of any size. Errors: damaged.
    std::vector<std::byte> read_head(repository::ContentId content, std::size_t limit);
    // Why the message may not go from a server that has these bytes now: they are not the snapshot's, or what is stored
    // is damaged. Printable; empty: it may. Reads all of it, of any size.
    std::string trouble_with(const SnapshotMessage& message, const Digest& on_server);

  private:
    repository::ContentReader reader_;
};

}  // namespace kist::mailbox
