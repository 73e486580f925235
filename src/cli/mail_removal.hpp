#pragma once
// Messages go from a server only when they are in a snapshot, unless the user says that they need not. What the
// commands that remove messages have in common: options, proof, question and removal.

#include "kist/base/error.hpp"
#include "kist/mailproto/imap_changes.hpp"
#include "kist/repository/repository.hpp"

#include "cli/command.hpp"
#include "cli/mail_server.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kist::cli {

// Of --message: "17" and "17:20", rising, none twice. Errors: usage.
std::vector<std::uint32_t> parse_uids(const std::vector<std::string>& texts);

// Printable, for a line of a list.
std::string shortened_subject(std::string text);

// Of so many messages, those of these lines, each of which says which it is and why, are not proven to be in a
// snapshot.
Error unproven(std::size_t all, const std::vector<std::string>& lines, const std::string& advice);

class MailRemoval {
  public:
    void declare(Options& options);
    void declare_without_backup(Options& options);  // where the command offers that
    // Without this the question could not be asked. Errors: usage.
    void require_consent() const;
    bool needs_backup() const { return !without_backup_; }
    bool is_rehearsal() const { return dry_run_; }

    // Runs `work` with the volume's repository, or with none where no backup is asked for.
    ExitCode run(Context& context, const std::function<ExitCode(const repository::Repository*)>& work) const;

    // What goes together with these: without UIDPLUS everything that is flagged \Deleted. Errors: usage where that
    // needs
    // --accept-race.
    std::vector<std::uint32_t> all_that_go(mailproto::OpenedFolder& folder,
                                           const std::vector<std::uint32_t>& uids) const;

    // Errors: failed, naming them, where some are not in the newest snapshot, or not as they are there; not_found where
    // there is no snapshot. repository: nullptr where none is needed.
    void require_proof(const Context& context, const repository::Repository* repository, MailServer& server,
                       const mailproto::OpenedFolder& folder, const std::vector<std::uint32_t>& uids) const;

    // Shows the first of so many, and asks. first(most): what is shown of them, a line each. Errors: interrupted where
    // the answer is no.
    using FirstLines = std::function<std::vector<std::string>(std::size_t most)>;
    void ask(Context& context, std::size_t count, const FirstLines& first, const std::string& question) const;
    void ask(Context& context, mailproto::OpenedFolder& folder, const std::vector<std::uint32_t>& uids,
             const std::string& question) const;

    // The whole way for messages of a folder: all of the above, then they are removed, and what became of it is said.
    ExitCode remove(Context& context, const repository::Repository* repository, MailServer& server,
                    mailproto::OpenedFolder& folder, const std::vector<std::uint32_t>& uids) const;

    // One line, or one JSON object of this type; left: of these messages, what is still there.
    static ExitCode report(Context& context, const char* type, const std::string& folder, std::size_t messages,
                           std::size_t left);

  private:
    bool without_backup_ = false;
    bool accept_race_ = false;
    bool dry_run_ = false;
    bool yes_ = false;
};

}  // namespace kist::cli
