#include "mailbox/fetch_queue.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/content_reader.hpp"
#include "kist/repository/plain_metadata.hpp"

#include "mailbox/message_identity.hpp"
#include "mailbox/server.hpp"

#include <iterator>
#include <utility>

namespace kist::mailbox {
namespace {

using repository::Outcome;
using repository::Pass;
using repository::StagedChange;

constexpr const char* kMessage = "a message";  // for errors
constexpr std::size_t kUnitSize = 1000;
constexpr std::size_t kMostDeferred = 200'000;  // each takes about half a KiB of memory; others are fetched again

// "A/cur" or "cur": the folder's directory.
std::string folder_of(const std::string& messages_path) {
    const auto slash = messages_path.rfind('/');
    return slash == std::string::npos ? std::string() : messages_path.substr(0, slash);
}

}  // namespace

FetchQueue::FetchQueue(repository::Run& run, ScannedAccount& account, const ExportOptions& options,
                       ExportSummary& summary)
    : run_(run),
      account_(account),
      options_(options),
      budget_(options.most_bytes, options.count_fetched),
      summary_(summary),
      place_(run, "held") {}

std::optional<FetchUnit> FetchQueue::next() {
    const std::lock_guard lock(mutex_);
    if (failure_) throw Error(*failure_);
    try {
        return find_next();
    } catch (const Error& error) {
        failure_ = error;  // what was being settled is lost, and nobody may commit without it
        throw;
    }
}

std::optional<FetchUnit> FetchQueue::find_next() {
    for (;;) {
        auto unit = is_stopped_ ? std::nullopt : take_unit();
        if (!unit) return std::nullopt;
        if (!unit->waiting.empty() && !budget_.is_used_up()) {
            unit->is_handed_out = true;
            ++handed_out_;
            return unit;
        }
        settle(*unit);
    }
}

std::optional<FetchUnit> FetchQueue::take_unit() {
    FetchUnit unit;
    if (!returned_.empty()) {
        unit = std::move(returned_.back());
        returned_.pop_back();
        return unit;
    }
    if (pulled_.empty() && !take_batch() && !take_deferred()) return std::nullopt;
    unit.directory = folder_of(pulled_.front().directory_path);
    unit.folder = &account_.folders.at(unit.directory);
    while (unit.waiting.size() < kUnitSize && unit.changes.size() < 8 * kUnitSize &&
           (!pulled_.empty() || take_batch()) && folder_of(pulled_.front().directory_path) == unit.directory) {
        auto& staged = unit.changes.emplace_back(std::move(pulled_.front()));
        pulled_.pop_front();
        place_.describe(staged);
        if (is_settled(unit, staged)) continue;
        const auto uid = parse_message_name(staged.change.name)->uid;
        if (const auto found = unit.folder->ids.find(uid); found != unit.folder->ids.end()) {
            const auto& message = found->second;
            // Keywords are each name's own, so that such a message is no other's file.
            const bool may_share = keywords_of(message).empty();
            if ((may_share && is_brought_by_another(message.id, staged)) || is_held(message, staged)) continue;
            if (may_share && has_to_wait(message.id)) {
                deferred_.push_back(std::move(staged));
                unit.changes.pop_back();
                continue;
            }
        }
        unit.waiting.emplace(uid, unit.changes.size() - 1);
    }
    return unit;
}

// What the newest snapshot has, from another folder or under another number, is copied in the volume.
bool FetchQueue::is_held(const NewMessage& message, StagedChange& staged) {
    const auto held = account_.held.find(message.id);
    if (held == account_.held.end()) return false;
    Patience(options_).require_going_on();
    if (!catalog_) catalog_.emplace(run_.repository().open_catalog());
    const auto file = place_.begin_message();
    const auto write = [&](std::uint64_t offset, std::span<const std::byte> data) {
        place_.on_volume([&] { os::write_at(file.get(), offset, data, kMessage); });
    };
    repository::Content content;
    try {
        content = repository::ContentReader(run_.repository(), *catalog_).read(held->second.content, write, [&] {
            place_.on_volume([&] { os::truncate(file.get(), 0, kMessage); });
        });
    } catch (const Error& error) {
        if (place_.has_failed() || error.code() != ErrorCode::damaged) throw;
        place_.drop_incoming();
        return false;  // the server has it
    }
    place_.on_volume([&] { os::truncate(file.get(), content.size, kMessage); });  // holes are not handed out
    staged.content = content.hash;
    staged.metadata.size = content.size;
    staged.metadata.mtime = held->second.date;
    if (const auto& keywords = keywords_of(message); !keywords.empty())
        staged.metadata.attributes = {{kKeywordsAttribute, keywords}};
    place_.put_message(file, staged);
    if (staged.metadata.attributes.empty()) shared_.note(message.id, staged);
    ++summary_.held;
    if (options_.progress != nullptr) ++options_.progress->messages_done;
    return true;
}

bool FetchQueue::is_brought_by_another(const LastingId& id, StagedChange& staged) {
    if (!shared_.fill_in(id, staged)) return false;
    if (!place_.put_twin(staged)) {
        place_.describe(staged);
        return false;
    }
    ++summary_.in_other_folders;
    if (options_.progress != nullptr) ++options_.progress->messages_done;
    return true;
}

bool FetchQueue::has_to_wait(const LastingId& id) {
    return !shared_.claim(id) && may_defer_ && deferred_.size() < kMostDeferred;
}

// What did not come with another folder is fetched now.
bool FetchQueue::take_deferred() {
    if (deferred_.empty() || (handed_out_ > 0 && !budget_.is_used_up())) return false;
    may_defer_ = false;
    pulled_.assign(std::make_move_iterator(deferred_.begin()), std::make_move_iterator(deferred_.end()));
    deferred_ = {};
    return true;
}

bool FetchQueue::take_batch() {
    if (!has_more_) return false;
    auto batch = run_.take_batch(Pass::files);
    has_more_ = !batch.empty();
    for (auto& staged : batch) pulled_.push_back(std::move(staged));
    return has_more_;
}

bool FetchQueue::is_settled(const FetchUnit& unit, StagedChange& staged) {
    const auto uid = parse_message_name(staged.change.name)->uid;
    if (staged.known && !keeps_file(staged, account_.keywords.contains({unit.directory, uid}))) {
        staged.change.origin = 0;
        staged.known.reset();
        place_.describe(staged);
    }
    const bool is_refetched = unit.folder->record.uid_validity == 0;
    if (staged.known && staged.known_content && !is_refetched) {
        staged.content = *staged.known_content;
        keep_keywords(unit, staged, uid);
        StagingPlace::conclude(staged, true);
        return true;
    }
    if (is_refetched || !place_.take_over(staged)) return false;
    ++summary_.taken_over;
    summary_.bytes_taken_over.value += staged.metadata.size;
    if (options_.progress != nullptr) ++options_.progress->messages_done;
    return true;
}

// Whether the plain file in latest/ can be that of the message as it is now: one that gets another name has to be what
// Kist left, and one that gets other keywords must not be another message's file, too.
bool FetchQueue::keeps_file(const StagedChange& staged, bool has_other_keywords) {
    const auto& path = staged.known_mirror_path;
    const auto slash = path.rfind('/');
    const auto directory = run_.repository().mirror().find_below(path.substr(0, slash));
    const auto plain = directory ? directory->find_status(path.substr(slash + 1)) : std::nullopt;
    if (has_other_keywords && plain && plain->link_count > 1) return false;
    return staged.change.origin == 0 ||
           (staged.known_content && plain && repository::is_as_left(*plain, staged.known->metadata) &&
            plain->inode == staged.known->mirror_inode);
}

void FetchQueue::keep_keywords(const FetchUnit& unit, StagedChange& staged, std::uint32_t uid) {
    const auto changed = account_.keywords.find({unit.directory, uid});
    if (changed == account_.keywords.end()) return;
    staged.metadata.attributes.clear();
    if (!changed->second.empty()) staged.metadata.attributes.push_back({kKeywordsAttribute, changed->second});
}

void FetchQueue::finish(FetchUnit&& unit) {
    const std::lock_guard lock(mutex_);
    finish_handed_out(unit);
    settle(unit);
}

void FetchQueue::finish_handed_out(FetchUnit& unit) {
    if (std::exchange(unit.is_handed_out, false)) --handed_out_;
}

void FetchQueue::stop() {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
}

void FetchQueue::give_back(FetchUnit&& unit) {
    const std::lock_guard lock(mutex_);
    unit.commands = 0;
    finish_handed_out(unit);
    returned_.push_back(std::move(unit));
}

void FetchQueue::settle(FetchUnit& unit) {
    leave_waiting(unit);
    for (const auto& staged : unit.changes) {
        if (staged.outcome == Outcome::skipped) unit.folder->is_incomplete = true;
        if (staged.outcome != Outcome::stored || !staged.metadata.attributes.empty()) continue;
        const auto found = unit.folder->ids.find(parse_message_name(staged.change.name)->uid);
        if (found != unit.folder->ids.end()) shared_.note(found->second.id, staged);
    }
    run_.finish(unit.changes);
}

// What is new stays unknown, and what is known as it is: the next run looks at the folder again.
void FetchQueue::leave_waiting(FetchUnit& unit) {
    for (const auto& [uid, at] : unit.waiting) {
        auto& staged = unit.changes[at];
        staged.outcome = staged.known ? Outcome::unchanged : Outcome::gone;
        unit.folder->is_incomplete = true;
        ++left_;
    }
    unit.waiting.clear();
}

std::uint64_t FetchQueue::left() const {
    const std::lock_guard lock(mutex_);
    return left_;
}

}  // namespace kist::mailbox
