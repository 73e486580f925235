#include "kist/mailbox/mail_restore.hpp"

#include "kist/base/error.hpp"
#include "kist/mailproto/imap_folders.hpp"
#include "kist/mailproto/imap_naming.hpp"

#include "mailbox/message_appender.hpp"
#include "mailbox/target_names.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using mailproto::ImapCondition;

constexpr std::size_t kCommandsInFlight = 32;

ExportOptions connecting_by(const MailRestoreOptions& options) {
    ExportOptions result;
    result.connect = options.connect;
    result.first_pause = options.first_pause;
    result.interrupted = options.interrupted;
    return result;
}

// What a folder lacks is all in one batch with the others' of this kind: a round trip each would take long.
void ask_many(mailproto::ImapSession& session, const std::vector<std::string>& commands,
              const std::function<void(std::size_t, const mailproto::ImapStatus&)>& hear) {
    mailproto::ImapSink ignored;
    std::size_t heard = 0;
    for (const auto& command : commands) {
        if (session.in_flight() == kCommandsInFlight) hear(heard, session.finish(ignored)), ++heard;
        session.send(command);
    }
    for (; heard < commands.size(); ++heard) hear(heard, session.finish(ignored));
}

}  // namespace

class MailRestore::Implementation {
  public:
    Implementation(const repository::Repository& repository, const MailRestoreOptions& options)
        : options_(options),
          connecting_(connecting_by(options)),
          server_(connecting_.connect, connecting_),
          catalog_(repository.open_catalog()),
          reader_(repository, catalog_),
          progress_(options.progress != nullptr ? *options.progress : own_progress_) {
        for (auto& folder : snapshot_folders(catalog_, options.snapshot))
            if (folder.holds_messages) sources_.push_back(std::move(folder));
        if (std::ranges::none_of(sources_, [&](const auto& source) { return is_wanted(source); }))
            throw Error(ErrorCode::not_found,
                        fmt::format("snapshot {} holds none of these folders", options.snapshot.number),
                        fmt::format("`kist ls {}` shows what it holds.", options.snapshot.number));
    }

    void look() {
        persist([&] { name_folders(); });
        for (auto& folder : folders_) {
            read_what_is_there(folder);
            take_stock(folder);
        }
    }

    void send() {
        progress_.is_sending = true;
        try {
            persist([&] { make_folders(); });
            for (auto& folder : folders_) fill(folder);
            persist([&] { subscribe(); });
            server_.logout();
        } catch (const Error& error) {
            throw Error(error.code(), error.message(),
                        fmt::format("{} messages were sent before. The same command goes on from there.",
                                    progress_.messages_done.load()));
        }
    }

    MailRestoreSummary summary() const {
        MailRestoreSummary summary;
        for (const auto& folder : folders_) summary.folders.push_back(folder.result);
        summary.troubles = troubles_;
        summary.left_out_keywords.assign(left_out_.begin(), left_out_.end());
        summary.reconnections = server_.recoveries();
        return summary;
    }

  private:
    bool is_wanted(const SnapshotFolder& source) const { return !options_.wants || options_.wants(source.readable()); }

    // Again after a lost connection, as long as that makes sense.
    void persist(const std::function<void()>& work) {
        for (;;) {
            server_.require_going_on();
            try {
                return work();
            } catch (const Error& error) {
                if (error.code() == ErrorCode::not_found) throw;
                server_.recover(error);
            }
        }
    }

    void name_folders() {
        auto& session = server_.session();
        const auto naming = mailproto::ImapNaming::of(session);
        const auto listed = mailproto::list_folders(session);
        folders_.clear();
        const auto names = target_names(sources_, naming, listed);
        for (std::size_t at = 0; at < sources_.size(); ++at)
            if (is_wanted(sources_[at])) add_folder(sources_[at], names[at], listed);
    }

    void add_folder(const SnapshotFolder& source, const std::string& target,
                    const std::vector<mailproto::ImapFolder>& listed) {
        const auto known = std::ranges::find(listed, target, &mailproto::ImapFolder::raw);
        RestoreFolder folder{{}, {}, MessageHashes(target)};
        folder.result.name = source.readable();
        folder.result.target = target;
        folder.result.is_new = known == listed.end() || !known->is_selectable;
        folder.result.gets_subscribed = source.is_subscribed && (known == listed.end() || !known->is_subscribed);
        folder.must_be_read = !folder.result.is_new;
        for (auto& message : snapshot_messages(catalog_, options_.snapshot, source))
            if (!options_.wants_message || options_.wants_message(message))
                folder.messages.push_back({std::move(message)});
        if (options_.wants_message && folder.messages.empty()) return;
        folder.result.messages = folder.messages.size();
        folders_.push_back(std::move(folder));
    }

    // A folder whose messages the server does not give gets none.
    void read_what_is_there(RestoreFolder& folder) {
        if (!folder.must_be_read || folder.messages.empty()) return;
        try {
            persist([&] { folder.there.read(server_.session(), progress_.messages_read); });
            folder.must_be_read = false;
            server_.note_progress();
        } catch (const Error& error) {
            if (error.code() != ErrorCode::not_found) throw;
            give_up(folder, error.message());
        }
    }

    void take_stock(RestoreFolder& folder) {
        if (folder.is_given_up) return;
        for (const auto place : folder.missing()) {
            ++folder.result.missing;
            folder.result.missing_bytes.value += folder.messages[place].message.size;
        }
        progress_.messages_total += folder.result.missing;
    }

    void make_folders() {
        std::vector<RestoreFolder*> wanted;
        std::vector<std::string> commands;
        for (auto& folder : folders_) {
            if (!folder.result.is_new || folder.is_given_up || made_.contains(folder.result.target)) continue;
            wanted.push_back(&folder);
            commands.push_back(fmt::format("CREATE {}", mailproto::imap_quoted(folder.result.target)));
        }
        auto& session = server_.session();
        std::vector<std::pair<RestoreFolder*, std::string>> refused;
        ask_many(session, commands, [&](std::size_t at, const mailproto::ImapStatus& status) {
            if (status.condition == ImapCondition::ok)
                made_.insert(wanted[at]->result.target);
            else
                refused.emplace_back(wanted[at], mailproto::printable_text(status));
        });
        for (const auto& [folder, reason] : refused) take_existing(session, *folder, reason);
    }

    // It may have come between, by the same command before the connection was lost, or by another's.
    void take_existing(mailproto::ImapSession& session, RestoreFolder& folder, const std::string& reason) {
        mailproto::ImapSink ignored;
        const auto status =
            session.command(fmt::format("STATUS {} (MESSAGES)", mailproto::imap_quoted(folder.result.target)), ignored);
        if (status.condition != ImapCondition::ok)
            return give_up(folder, fmt::format("the server does not create the folder: {}", reason));
        made_.insert(folder.result.target);
        folder.must_be_read = true;
    }

    void fill(RestoreFolder& folder) {
        for (bool is_done = false; !is_done;) {
            server_.require_going_on();
            read_what_is_there(folder);
            if (folder.is_given_up) return;
            try {
                const auto missing = folder.missing();
                if (!missing.empty())
                    MessageAppender({server_, reader_, progress_, troubles_, left_out_}, folder).append(missing);
                is_done = true;
            } catch (const Error& error) {
                // What was on its way may have arrived.
                folder.must_be_read = true;
                server_.recover(error);
            }
        }
    }

    void subscribe() {
        std::vector<const RestoreFolder*> wanted;
        std::vector<std::string> commands;
        for (const auto& folder : folders_) {
            if (!folder.result.gets_subscribed || folder.is_given_up) continue;
            wanted.push_back(&folder);
            commands.push_back(fmt::format("SUBSCRIBE {}", mailproto::imap_quoted(folder.result.target)));
        }
        ask_many(server_.session(), commands, [&](std::size_t at, const mailproto::ImapStatus& status) {
            if (status.condition != ImapCondition::ok)
                troubles_.push_back(
                    {MailTrouble::Kind::refused, wanted[at]->result.name, 0,
                     fmt::format("the server does not subscribe to it: {}", mailproto::printable_text(status))});
        });
    }

    void give_up(RestoreFolder& folder, const std::string& reason) {
        folder.is_given_up = true;
        troubles_.push_back({MailTrouble::Kind::refused, folder.result.name, 0, reason});
    }

    const MailRestoreOptions options_;
    const ExportOptions connecting_;
    Server server_;
    repository::Catalog catalog_;
    MessageReader reader_;
    MailRestoreProgress own_progress_;
    MailRestoreProgress& progress_;
    std::vector<SnapshotFolder> sources_;  // all that hold messages, wanted or not
    std::vector<RestoreFolder> folders_;
    std::set<std::string> made_;
    std::vector<MailTrouble> troubles_;
    std::set<std::string> left_out_;
};

MailRestore::MailRestore(const repository::Repository& repository, const MailRestoreOptions& options)
    : implementation_(std::make_unique<Implementation>(repository, options)) {}
MailRestore::~MailRestore() = default;

void MailRestore::look() {
    implementation_->look();
}

void MailRestore::send() {
    implementation_->send();
}

MailRestoreSummary MailRestore::summary() const {
    return implementation_->summary();
}

}  // namespace kist::mailbox
