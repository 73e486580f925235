// How an AccountScan finds out what differs in the folders.

#include "kist/base/error.hpp"

#include "mailbox/account_scan.hpp"
#include "mailbox/message_changes.hpp"
#include "mailbox/message_identity.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using repository::Action;
using repository::Change;
using repository::Entry;

constexpr std::size_t kFoldersAhead = 8;  // asked about before the answers are there

std::string keywords_of(const Entry& entry) {
    const auto& attributes = entry.metadata.attributes;
    const auto found = std::ranges::find(attributes, kKeywordsAttribute, &os::ExtendedAttribute::name);
    return found == attributes.end() ? std::string() : found->value;
}

}  // namespace

// By what LIST or STATUS said. Without a modseq flags may have changed.
bool AccountScan::is_unchanged(const Folder& folder) const {
    const auto& status = folder.status;
    const auto& before = folder.before;
    if (!status || !before || folder.are_messages_new || before->uid_validity == 0 || before->highest_modseq == 0)
        return false;
    return status->uid_validity == before->uid_validity && status->uid_next == before->uid_next &&
           status->highest_modseq == before->highest_modseq && status->messages == before->messages;
}

Inquiry AccountScan::inquiry_for(const Folder& folder) const {
    const bool is_same = folder.before && folder.before->uid_validity != 0 && folder.before->highest_modseq != 0 &&
                         !folder.are_messages_new && folder.status &&
                         folder.status->uid_validity == folder.before->uid_validity &&
                         folder.status->highest_modseq.value_or(0) >= folder.before->highest_modseq;
    if (!is_same) return Inquiry::whole;
    return server_.can_resync() ? Inquiry::resync : Inquiry::changes;
}

void AccountScan::look_into(const std::vector<Folder*>& folders) {
    std::vector<Folder*> again;
    std::vector<Inquiry> inquiries(folders.size());
    std::size_t asked = 0;
    for (std::size_t at = 0; at < folders.size();) {
        auto& folder = *folders[at];
        FolderReport report;
        try {
            auto& session = server_.session();
            for (; asked < folders.size() && asked < at + kFoldersAhead; ++asked) {
                inquiries[asked] = inquiry_for(*folders[asked]);
                ask_folder(session, folders[asked]->raw, inquiries[asked],
                           folders[asked]->before.value_or(FolderRecord{}));
            }
            report = hear_folder(session, inquiries[at], folder.before.value_or(FolderRecord{}), flags_);
        } catch (const Error& error) {
            server_.recover(error);
            asked = at;
            continue;
        }
        server_.note_progress();
        if (report.is_doubtful || !take(folder, report)) again.push_back(&folder);
        ++at;
    }
    for (auto* folder : again) look_carefully(*folder);
}

void AccountScan::look_carefully(Folder& folder) {
    for (;;) {
        FolderReport report;
        try {
            ask_folder(server_.session(), folder.raw, Inquiry::careful, {});
            report = hear_folder(server_.session(), Inquiry::careful, {}, flags_);
        } catch (const Error& error) {
            server_.recover(error);
            continue;
        }
        server_.note_progress();
        take(folder, report);
        return;
    }
}

// False: it does not add up, and nothing was taken.
bool AccountScan::take(Folder& folder, const FolderReport& report) {
    if (!report.trouble.empty()) {
        skip(folder, fmt::format("the server does not let this folder be read: {}", report.trouble));
        return true;
    }
    MessageChanges changes(run_, {folder.messages_node, messages_directory(folder.directory), folder.are_messages_new,
                                  folder.node, "cur"});
    const auto known = known_messages(folder, report.uid_validity, changes);
    auto difference = compare_folder(known, report);
    if (!report.is_whole && !difference.adds_up) return false;
    if (report.uid_validity == 0) refetch(folder, known, difference, changes);
    for (const auto& message : difference.removed) changes.add(removal_of(entry_of(message)));
    for (const auto& message : difference.reflagged) reflag(folder, message, changes);
    for (const auto& message : difference.created) {
        Change change;
        change.directory = folder.messages_node;
        change.name = to_name(
            {report.uid_validity, message.uid, message.flags ? flags_.at(*message.flags).letters : std::string()});
        change.status = message_status(folder_device(options_.account, folder.raw), report.uid_validity, message.uid);
        changes.add(std::move(change));
    }
    changes.flush();
    folder.is_touched = folder.is_touched || changes.has_other_names();
    folder.record.uid_validity = report.uid_validity;
    folder.record.uid_next = report.uid_next;
    folder.record.highest_modseq = report.highest_modseq;
    folder.record.messages = report.messages;
    return true;
}

// What has another UIDVALIDITY leaves: its numbers mean nothing any more.
std::vector<KnownMessage> AccountScan::known_messages(const Folder& folder, std::uint32_t uid_validity,
                                                      MessageChanges& changes) {
    std::vector<KnownMessage> known;
    if (folder.are_messages_new || !run_.previous()) return known;
    catalog_.list(*run_.previous(), folder.messages_node, [&](Entry&& entry) {
        const auto message = parse_message_name(entry.name);
        if (!message || message->uid_validity != uid_validity)
            changes.add(removal_of(entry));
        else
            known.push_back({message->uid, flags_.index_of({message->letters, keywords_of(entry)}), entry.id});
    });
    std::ranges::sort(known, {}, &KnownMessage::uid);
    return known;
}

// Numbers that do not last say nothing: all that is known is read again, and compared.
void AccountScan::refetch(const Folder& folder, const std::vector<KnownMessage>& known, FolderDifference& difference,
                          MessageChanges& changes) {
    for (const auto& message : known) {
        const auto is_it = [&](const auto& other) { return other.uid == message.uid; };
        const auto is_its_flags = [&](const auto& other) { return other.known.uid == message.uid; };
        if (std::ranges::any_of(difference.removed, is_it)) continue;
        if (const auto flags = std::ranges::find_if(difference.reflagged, is_its_flags);
            flags != difference.reflagged.end()) {
            difference.removed.push_back(message);
            difference.created.push_back({message.uid, flags->flags});
            continue;
        }
        Change change;
        change.action = Action::modify;
        change.known = message.entry;
        change.directory = folder.messages_node;
        change.name = to_name({0, message.uid, flags_.at(message.flags).letters});
        change.status = message_status(folder_device(options_.account, folder.raw), 0, message.uid);
        changes.add(std::move(change));
    }
    difference.reflagged.clear();
}

// Other letters are another name for the same file.
void AccountScan::reflag(const Folder& folder, const Reflagged& message, MessageChanges& changes) {
    const auto entry = entry_of(message.known);
    const auto name = parse_message_name(entry.name);
    const auto& before = flags_.at(message.known.flags);
    const auto& now = flags_.at(message.flags);
    if (before.keywords != now.keywords) scanned_.keywords[{folder.directory, message.known.uid}] = now.keywords;
    Change change;
    change.directory = folder.messages_node;
    change.name = to_name({name->uid_validity, name->uid, now.letters});
    change.status = repository::known_of(entry).status;
    change.status.link_count = 1;
    if (before.letters == now.letters) {
        change.action = Action::modify;
        change.known = entry.id;
    } else {
        changes.add(removal_of(entry));
    }
    changes.add(std::move(change));
}

Entry AccountScan::entry_of(const KnownMessage& message) {
    auto entry = catalog_.find_entry(*run_.previous(), message.entry);
    if (!entry) throw Error(ErrorCode::damaged, "the catalog lost an entry during the run");
    return std::move(*entry);
}

void AccountScan::keep_numbers(Folder& folder) {
    const auto before = folder.before.value_or(FolderRecord{});
    folder.record.uid_validity = before.uid_validity;
    folder.record.uid_next = before.uid_next;
    folder.record.highest_modseq = before.highest_modseq;
    folder.record.messages = before.messages;
}

// The folder stays as it is known.
void AccountScan::skip(Folder& folder, const std::string& reason) {
    run_.skip(folder.directory, reason);
    keep_numbers(folder);
    folder.record.uid_next = 0;
    folder.record.highest_modseq = 0;
}

}  // namespace kist::mailbox
