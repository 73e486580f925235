#include "mailbox/message_stager.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/plain_metadata.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using repository::Outcome;
using repository::Pass;
using repository::StagedChange;

constexpr std::size_t kUnitSize = 1000;
constexpr std::size_t kUnitsAhead = 2;

// "A/cur" or "cur": the folder's directory.
std::string folder_of(const std::string& messages_path) {
    const auto slash = messages_path.rfind('/');
    return slash == std::string::npos ? std::string() : messages_path.substr(0, slash);
}

}  // namespace

MessageStager::MessageStager(repository::Run& run, Server& server, ScannedAccount& account,
                             const ExportOptions& options, ExportSummary& summary)
    : run_(run),
      server_(server),
      account_(account),
      options_(options),
      summary_(summary),
      place_(run),
      receiver_(place_, summary, options.progress) {}

void MessageStager::work() {
    make_folders();
    try {
        fetch_messages();
    } catch (const Error&) {
        for (const auto& unit : flying_) run_.note_staged(unit.changes);
        throw;
    }
    place_.end_messages();
    describe_directories();
}

void MessageStager::make_folders() {
    for (auto batch = run_.take_batch(Pass::folders); !batch.empty(); batch = run_.take_batch(Pass::folders))
        for (const auto& staged : batch) place_.make_directory(staged);
}

void MessageStager::fetch_messages() {
    for (;;) {
        while (flying_.size() < kUnitsAhead) {
            auto unit = next_unit();
            if (!unit) break;
            flying_.push_back(std::move(*unit));
        }
        if (flying_.empty()) break;
        server_.require_going_on();
        try {
            for (auto& unit : flying_)
                if (unit.commands == 0) ask(unit);
            hear_first();
        } catch (const Error& error) {
            go_on_after(error);
        }
    }
    for (auto& unit : stragglers_) fetch_stragglers(unit);
}

// Changes of one folder, as many as are fetched together. What needs no fetching is settled at once.
std::optional<FetchUnit> MessageStager::next_unit() {
    for (;;) {
        if (pulled_.empty() && !take_batch()) return std::nullopt;
        FetchUnit unit;
        unit.directory = folder_of(pulled_.front().directory_path);
        unit.folder = &account_.folders.at(unit.directory);
        while (unit.waiting.size() < kUnitSize && unit.changes.size() < 8 * kUnitSize &&
               (!pulled_.empty() || take_batch()) && folder_of(pulled_.front().directory_path) == unit.directory) {
            auto& staged = unit.changes.emplace_back(std::move(pulled_.front()));
            pulled_.pop_front();
            place_.describe(staged);
            if (!is_settled(unit, staged))
                unit.waiting.emplace(parse_message_name(staged.change.name)->uid, unit.changes.size() - 1);
        }
        if (!unit.waiting.empty()) return unit;
        finish(unit);
    }
}

bool MessageStager::take_batch() {
    if (!has_more_) return false;
    auto batch = run_.take_batch(Pass::files);
    has_more_ = !batch.empty();
    for (auto& staged : batch) pulled_.push_back(std::move(staged));
    return has_more_;
}

bool MessageStager::is_settled(const FetchUnit& unit, StagedChange& staged) {
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
bool MessageStager::keeps_file(const StagedChange& staged, bool has_other_keywords) {
    const auto& path = staged.known_mirror_path;
    const auto slash = path.rfind('/');
    const auto directory = run_.repository().mirror().find_below(path.substr(0, slash));
    const auto plain = directory ? directory->find_status(path.substr(slash + 1)) : std::nullopt;
    if (has_other_keywords && plain && plain->link_count > 1) return false;
    return staged.change.origin == 0 ||
           (staged.known_content && plain && repository::is_as_left(*plain, staged.known->metadata) &&
            plain->inode == staged.known->mirror_inode);
}

void MessageStager::keep_keywords(const FetchUnit& unit, StagedChange& staged, std::uint32_t uid) {
    const auto changed = account_.keywords.find({unit.directory, uid});
    if (changed == account_.keywords.end()) return;
    staged.metadata.attributes.clear();
    if (!changed->second.empty()) staged.metadata.attributes.push_back({kKeywordsAttribute, changed->second});
}

void MessageStager::finish(FetchUnit& unit) {
    for (const auto& staged : unit.changes)
        if (staged.outcome == Outcome::skipped) unit.folder->is_incomplete = true;
    run_.finish(unit.changes);
    unit.changes.clear();
}

// Directories take what was found out about their folders, when nothing in them changes any more.
void MessageStager::describe_directories() {
    for (auto batch = run_.take_batch(Pass::directories); !batch.empty(); batch = run_.take_batch(Pass::directories)) {
        for (auto& staged : batch) {
            place_.describe(staged);
            const auto path = staged.change.directory < 0 ? std::string()
                              : staged.directory_path.empty()
                                  ? staged.change.name
                                  : fmt::format("{}/{}", staged.directory_path, staged.change.name);
            if (const auto found = account_.folders.find(path); found != account_.folders.end()) {
                auto record = found->second.record;
                if (found->second.is_incomplete) record.uid_next = 0, record.highest_modseq = 0;
                staged.metadata.attributes = attributes_of(record);
            }
            place_.finish_directory(staged);
        }
        run_.finish(batch);
    }
}

}  // namespace kist::mailbox
