#include "kist/repository/forget.hpp"

#include "kist/base/error.hpp"

#include "repository/dependents.hpp"
#include "repository/forgotten_rows.hpp"
#include "repository/pack_rows.hpp"
#include "repository/reclaim.hpp"
#include "repository/reserve.hpp"
#include "repository/run_record.hpp"
#include "repository/undo.hpp"
#include "repository/writing_session.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::repository {
namespace {

// Beside what a checkpoint needs, run records may take this much.
constexpr std::uint64_t kRecordSlack = kPackLimit / 32;

using Numbers = std::vector<SnapshotNumber>;

// What can go in one commit.
struct Parts {
    std::vector<Numbers> newest;  // for each source the newest snapshots of it, up to one that is left
    Numbers others;
};

bool contains(const Numbers& numbers, SnapshotNumber number) {
    return std::ranges::find(numbers, number) != numbers.end();
}

void refuse_whole_source(const Source& source) {
    throw Error(ErrorCode::usage,
                fmt::format("nothing of {} would be left: these are all its snapshots", os::printable(source.path)),
                "If that is meant, give --yes-last.");
}

Parts divide(Catalog& catalog, const ForgetRequest& request) {
    const Catalog::Reading reading(catalog);
    const auto& wanted = request.snapshots;
    for (const auto number : wanted) catalog.snapshot(number);
    Parts parts;
    auto snapshots = catalog.snapshots();
    std::ranges::reverse(snapshots);
    for (const auto& source : catalog.sources()) {
        Numbers newest;
        bool is_left = false;
        for (const auto& snapshot : snapshots) {
            if (snapshot.source != source.id) continue;
            const bool goes = contains(wanted, snapshot.number);
            if (goes) (is_left ? parts.others : newest).push_back(snapshot.number);
            is_left |= !goes;
        }
        if (!is_left && request.whole_source == WholeSource::refuse) refuse_whole_source(source);
        if (!newest.empty()) parts.newest.push_back(std::move(newest));
    }
    return parts;
}

// What changes in the catalog, but for the contents; the transaction is open.
void change_rows(sqlite::Database& catalog, const Numbers& numbers, ForgetResult& result) {
    list_forgotten(catalog, numbers);
    remove_forgotten(catalog, result);
    list_freed(catalog);
}

ForgetResult rehearse(const Repository& repository, const Numbers& numbers) {
    WritingSession session(repository);
    const sqlite::Transaction transaction(session.catalog());
    ForgetResult result;
    change_rows(session.catalog(), numbers, result);
    remove_freed(session.catalog(), result);
    return result;
}

ForgetResult commit(WritingSession& session, const Numbers& numbers) {
    auto& catalog = session.catalog();
    sqlite::Transaction transaction(catalog);
    ForgetResult result;
    change_rows(catalog, numbers, result);
    auto pack = continue_packs(session.repository(), catalog);
    rebase_dependents(session.repository(), catalog, pack);
    remove_freed(catalog, result);
    const bool is_full_due = is_checkpoint_due(catalog, kRecordSlack);
    if (is_full_due) drop_run_records(catalog);
    move_scattered_records(session.repository(), catalog, pack);
    is_full_due ? write_checkpoint(catalog, pack) : write_forget_record(catalog, pack);
    record_packs(catalog, pack);
    session.commit(transaction, pack);
    return result;
}

// A full volume: the reserve was kept for this.
ForgetResult commit_with_reserve(WritingSession& session, const Numbers& numbers) {
    try {
        return commit(session, numbers);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::no_space || !release_reserve(session.repository().control())) throw;
        return commit(session, numbers);
    }
}

using Commit = ForgetResult (*)(WritingSession&, const Numbers&);

void forget_part(const Repository& repository, const Numbers& numbers, Commit commit_part, ForgetResult& result) {
    WritingSession session(repository);
    const auto part = commit_part(session, numbers);
    result.snapshots.insert(result.snapshots.end(), part.snapshots.begin(), part.snapshots.end());
    result.lost.insert(result.lost.end(), part.lost.begin(), part.lost.end());
    result.entries += part.entries;
    result.contents += part.contents;
    result.freed += part.freed;
    try {
        session.carry_out();
    } catch (const Error& error) {
        throw Error(error.code(),
                    "the snapshots are forgotten, but not everything is done that follows: " + error.message(),
                    "Nothing is lost: the next command on this volume finishes it.");
    }
}

}  // namespace

ForgetResult forget(const Repository& repository, const ForgetRequest& request) {
    auto catalog = repository.open_catalog();
    const auto parts = divide(catalog, request);
    if (request.rehearsal == Rehearsal::yes) return rehearse(repository, request.snapshots);
    ForgetResult result;
    if (!parts.others.empty()) forget_part(repository, parts.others, commit_with_reserve, result);
    for (const auto& newest : parts.newest) forget_part(repository, newest, commit_undo, result);
    std::ranges::sort(result.snapshots, {}, &Snapshot::number);
    return result;
}

}  // namespace kist::repository
