#pragma once
// Writes messages in one form of files. Calls: begin_folder, put for each of its messages, end_folder; for each folder;
// then finish. One thread. Errors, of all calls: those of the target; with EEXIST, ENOTDIR or ELOOP where something is
// in the way of a folder.

#include "kist/mailbox/mail_files.hpp"
#include "kist/os/directory.hpp"

#include "mailbox/new_file.hpp"

#include <cstddef>
#include <memory>
#include <set>
#include <span>
#include <string>

namespace kist::mailbox {

class MailWriter {
  public:
    virtual ~MailWriter() = default;
    virtual void begin_folder(const SelectedFolder& folder) = 0;
    // bytes: all of the message, and right.
    virtual Placed put(const SnapshotMessage& message, std::span<const std::byte> bytes) = 0;
    virtual void end_folder() = 0;
    virtual void finish() = 0;
    // After finish().
    virtual std::set<std::string> left_out_keywords() const { return {}; }
};

// target: DIR, which outlives them; shown: how its user calls it.
std::unique_ptr<MailWriter> make_maildir_writer(const os::Directory& target, const std::string& shown);
std::unique_ptr<MailWriter> make_eml_writer(const os::Directory& target);
// file: its name in the target.
std::unique_ptr<MailWriter> make_mbox_writer(const os::Directory& target, const std::string& shown,
                                             const std::string& file);
std::unique_ptr<MailWriter> make_mbox_folders_writer(const os::Directory& target, const std::string& shown);

}  // namespace kist::mailbox
