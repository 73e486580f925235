#include "mailbox/account_scan.hpp"

#include "kist/base/error.hpp"

#include "mailbox/message_changes.hpp"
#include "mailbox/message_identity.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using repository::Action;
using repository::Change;
using repository::Entry;

constexpr const char* kMaildirParts[] = {"cur", "new", "tmp"};

std::string below(const std::string& directory, const char* name) {
    return directory.empty() ? name : fmt::format("{}/{}", directory, name);
}

}  // namespace

AccountScan::AccountScan(repository::Run& run, const ExportOptions& options, Timestamp now)
    : run_(run), options_(options), now_(now), catalog_(run.repository().open_catalog()) {}

ScannedAccount AccountScan::scan() {
    list_folders();
    find_known();
    add_root();
    std::vector<Folder*> changed;
    for (auto& [directory, folder] : folders_) {
        if (!directory.empty()) add_directory(folder);
        if (folder.is_selectable && is_unchanged(folder))
            keep_numbers(folder);
        else if (folder.is_selectable)
            changed.push_back(&folder);
        if (options_.progress != nullptr) ++options_.progress->folders_seen;
    }
    remove_absent();
    look_into(changed);
    find_held();
    touch_changed();
    for (auto& [directory, folder] : folders_)
        scanned_.folders.emplace(directory, FolderState{folder.record, folder_device(options_.account, folder.raw),
                                                        false, std::move(folder.ids)});
    return std::move(scanned_);
}

void AccountScan::list_folders() {
    const auto listed = ask_for_folders();
    if (listed.empty())
        throw Error(ErrorCode::failed,
                    fmt::format("the server lists no folders at all for {}", os::printable(options_.account)),
                    "Nothing was changed. What does `kist mail folders` show?");
    folders_[""].is_selectable = false;  // until there is an inbox
    for (const auto& folder : listed) {
        if (folder.raw.empty()) continue;
        if (options_.wants && !options_.wants(mailproto::readable_name(folder))) {
            ++scanned_.excluded;
            continue;
        }
        Folder one;
        one.raw = folder.raw;
        one.directory = maildir_folder(folder.name, folder.delimiter);
        if (!folder.is_nameable) run_.skip(one.directory, "the folder's name cannot be sent to a server");
        one.is_selectable = folder.is_selectable;
        one.status = folder.status;
        one.record.name = folder.raw;
        if (folder.delimiter) one.record.delimiter = std::string(1, *folder.delimiter);
        one.record.is_subscribed = folder.is_subscribed;
        folders_.insert_or_assign(one.directory, one);
    }
}

void AccountScan::find_known() {
    const auto& previous = run_.previous();
    if (!previous) return;
    root_ = catalog_.root(*previous);
    if (!root_->node) throw Error(ErrorCode::damaged, "the catalog is damaged: a mailbox is no directory");
    catalog_.list(*previous, *root_->node, [&](Entry&& entry) {
        auto name = entry.name;
        if (entry.node) known_directories_.emplace(std::move(name), std::move(entry));
    });
    for (auto& [directory, folder] : folders_) {
        if (const auto known = known_directories_.find(directory); known != known_directories_.end())
            folder.known = known->second;
        if (directory.empty()) folder.known = root_;
        if (folder.known) folder.before = record_of(folder.known->metadata.attributes);
    }
}

void AccountScan::add_root() {
    auto& root = folders_.at("");
    Change change;
    change.directory = -run_.source().id;
    change.name = run_.source().path;
    change.status = directory_status(folder_device(options_.account, ""), now_);
    std::vector<Change> changes;
    if (root.known) {
        root.node = *root.known->node;
        run_.claim(root.node);
    } else {
        root.is_new = true;
        root.node = run_.new_node();
        change.node = root.node;
        changes.push_back(change);
    }
    root_node_ = root.node;
    run_.add({}, std::move(changes));
    run_.add(root_directory(), {});
    add_maildir(root);
}

void AccountScan::add_directory(Folder& folder) {
    if (folder.known) {
        folder.node = *folder.known->node;
        run_.claim(folder.node);
    } else {
        Change change;
        change.directory = root_node_;
        change.name = folder.directory;
        change.status = directory_status(folder_device(options_.account, folder.raw), now_);
        folder.is_new = true;
        folder.node = run_.new_node();
        change.node = folder.node;
        run_.add(root_directory(), {change});
        run_.add(self_of(folder), {});
    }
    add_maildir(folder);
}

// cur, new and tmp, without which no program takes a directory for a Maildir.
void AccountScan::add_maildir(Folder& folder) {
    const auto self = self_of(folder);
    for (const auto* name : kMaildirParts) {
        const auto known = folder.known ? catalog_.find(*run_.previous(), folder.node, name) : std::nullopt;
        const bool is_messages = name == kMaildirParts[0];
        if (known && folder.is_selectable) {
            run_.claim(known->node.value_or(0));
            if (is_messages) {
                folder.messages_node = known->node.value_or(0);
                folder.known_messages = *known;
            }
        } else if (known) {
            run_.add(self, {removal_of(*known)});
        } else if (folder.is_selectable) {
            Change change;
            change.directory = folder.node;
            change.name = name;
            change.status = directory_status(folder_device(options_.account, folder.raw), now_);
            change.node = run_.new_node();
            if (is_messages) {
                folder.messages_node = *change.node;
                folder.are_messages_new = true;
            }
            run_.add(self, {change});
            run_.add({*change.node, below(folder.directory, name), true, folder.node, name}, {});
        }
    }
}

void AccountScan::remove_absent() {
    for (const auto& [name, entry] : known_directories_) {
        const bool is_part = std::ranges::find(kMaildirParts, name) != std::end(kMaildirParts);
        if (!is_part && !folders_.contains(name)) run_.add(root_directory(), {removal_of(entry)});
    }
}

// By all of the newest snapshot's messages: it may have moved from any folder.
void AccountScan::find_held() {
    std::unordered_set<LastingId, LastingId::Hash> wanted;
    for (const auto& [directory, folder] : folders_)
        for (const auto& [uid, message] : folder.ids) wanted.insert(message.id);
    if (wanted.empty() || !root_) return;
    const auto look_in = [&](const Entry& directory) {
        const auto messages = catalog_.find(*run_.previous(), *directory.node, kMaildirParts[0]);
        if (!messages || !messages->node) return;
        catalog_.list(*run_.previous(), *messages->node, [&](Entry&& entry) {
            const auto id = lasting_id_of(entry);
            if (entry.content && wanted.contains(id))
                scanned_.held.try_emplace(id, HeldMessage{*entry.content, entry.metadata.mtime});
        });
    };
    look_in(*root_);
    for (const auto& [name, directory] : known_directories_) look_in(directory);
}

// After the others: what was found out about a folder stands at its directory, and cur has changed with its messages.
void AccountScan::touch_changed() {
    for (auto& [directory, folder] : folders_) {
        if (!folder.known) continue;
        if (folder.is_touched || folder.before.value_or(FolderRecord{}) != folder.record)
            touch(directory.empty() ? repository::ScannedDirectory() : root_directory(), *folder.known,
                  folder.known->metadata.mtime);
        if (folder.is_touched && folder.known_messages) touch(self_of(folder), *folder.known_messages, now_);
    }
}

void AccountScan::touch(const repository::ScannedDirectory& parent, const Entry& known, Timestamp mtime) {
    Change change;
    change.action = Action::touch;
    change.known = known.id;
    change.directory = known.directory;
    change.name = known.name;
    change.node = known.node;
    change.status = repository::known_of(known).status;
    change.status.mtime = mtime;
    run_.add(parent, {change});
}

repository::ScannedDirectory AccountScan::root_directory() const {
    return {root_node_, "", folders_.at("").is_new, -run_.source().id, run_.source().path};
}

repository::ScannedDirectory AccountScan::self_of(const Folder& folder) const {
    if (folder.directory.empty()) return root_directory();
    return {folder.node, folder.directory, folder.is_new, root_node_, folder.directory};
}

}  // namespace kist::mailbox
