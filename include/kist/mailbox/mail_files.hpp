#pragma once
// Messages of a mailbox's snapshot become files that mail programs read: a Maildir, mbox files, or one file each. The
// forms: doc/format.md, "Exported mail".
//
// A message is written only after all of it was compared with its hash, and a file appears whole or not at all. Nothing
// that stands in the target is replaced, and no symlink in it is followed; what stands there already just so is left,
// so that an interrupted export goes on where it stopped. Trouble with one message is a value in the summary.

#include "kist/base/byte_count.hpp"
#include "kist/mailbox/message_selection.hpp"
#include "kist/repository/repository.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace kist::mailbox {

enum class MailFormat : std::uint8_t {
    maildir,       // Maildir++: flags in names, dates as mtimes, keywords as Dovecot keeps them
    mboxrd,        // one file
    eml,           // a folder each, and in it a file for each message
    mbox_folders,  // a file for each folder, in folders
};

struct MailFilesProgress {
    std::atomic<std::uint64_t> messages_done = 0;
    std::atomic<std::uint64_t> messages_total = 0;
    std::atomic<std::uint64_t> bytes_done = 0;
    std::atomic<std::uint64_t> bytes_total = 0;
};

struct MailFilesOptions {
    std::string target;  // DIR; made where it is missing, but for its parent. Symlinks in it are followed.
    MailFormat format = MailFormat::maildir;
    std::string account;                    // names the file of mboxrd
    MailFilesProgress* progress = nullptr;  // or none
    const std::atomic<bool>* interrupted = nullptr;
};

struct WrittenFolder {
    std::string name;             // with "/" between its parts
    std::string path;             // below the target; empty: the target itself
    std::uint64_t messages = 0;   // selected
    std::uint64_t written = 0;    // now
    std::uint64_t unchanged = 0;  // were there already
    ByteCount written_bytes;
};

// A message, or a folder, that was not written.
struct MailFilesTrouble {
    enum class Kind : std::uint8_t {
        damaged,     // no copy of it is right
        in_the_way,  // something else stands there
        refused,
    };
    Kind kind = Kind::refused;
    std::string folder;     // with "/" between its parts
    std::uint32_t uid = 0;  // 0: all of the folder
    std::string reason;     // printable
};

struct MailFilesSummary {
    std::vector<WrittenFolder> folders;
    std::vector<MailFilesTrouble> troubles;
    std::vector<std::string> left_out_keywords;  // more than a Maildir can hold, rising
};

// Errors: failed where an mbox stands there already and is another, and for what makes the target unusable; busy where
// another export works there; no_space and interrupted, with what was written until then staying.
MailFilesSummary write_mail_files(const repository::Repository& repository, repository::Catalog& catalog,
                                  const Selection& selection, const MailFilesOptions& options);

// Where messages of a folder go in this form, below the target; for showing beforehand.
std::string path_in_target(const SnapshotFolder& folder, const MailFilesOptions& options);

}  // namespace kist::mailbox
