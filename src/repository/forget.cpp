#include "kist/repository/forget.hpp"

#include "kist/base/error.hpp"

#include "repository/forgotten_rows.hpp"
#include "repository/pack_rows.hpp"
#include "repository/reclaim.hpp"
#include "repository/reserve.hpp"
#include "repository/run_record.hpp"
#include "repository/writing_session.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

// Beside what a checkpoint needs, run records may take this much.
constexpr std::uint64_t kRecordSlack = kPackLimit / 32;

void refuse_newest(sqlite::Database& catalog) {
    auto newest = catalog.prepare("SELECT number FROM plan.forgotten WHERE newer IS NULL LIMIT 1");
    if (newest.step())
        throw Error(ErrorCode::usage,
                    fmt::format("snapshot {} is the newest of its source: latest/ holds its files", newest.integer(0)),
                    "Forget it when there is a newer one.");
}

// What changes in the catalog; the transaction is open.
ForgetResult change_rows(sqlite::Database& catalog, const std::vector<SnapshotNumber>& numbers) {
    ForgetResult result;
    list_forgotten(catalog, numbers);
    refuse_newest(catalog);
    remove_forgotten(catalog, result);
    remove_freed(catalog, result);
    return result;
}

ForgetResult rehearse(WritingSession& session, const std::vector<SnapshotNumber>& numbers) {
    const sqlite::Transaction transaction(session.catalog());
    return change_rows(session.catalog(), numbers);
}

ForgetResult commit(WritingSession& session, const std::vector<SnapshotNumber>& numbers) {
    auto& catalog = session.catalog();
    sqlite::Transaction transaction(catalog);
    auto result = change_rows(catalog, numbers);
    auto pack = continue_packs(session.repository(), catalog);
    const bool is_full_due = is_checkpoint_due(catalog, kRecordSlack);
    if (is_full_due) drop_run_records(catalog);
    move_scattered_records(session.repository(), catalog, pack);
    is_full_due ? write_checkpoint(catalog, pack) : write_forget_record(catalog, pack);
    record_packs(catalog, pack);
    session.commit(transaction, pack);
    return result;
}

// A full volume: the reserve was kept for this.
ForgetResult commit_with_reserve(WritingSession& session, const std::vector<SnapshotNumber>& numbers) {
    try {
        return commit(session, numbers);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::no_space || !release_reserve(session.repository().control())) throw;
        return commit(session, numbers);
    }
}

}  // namespace

ForgetResult forget(const Repository& repository, const std::vector<SnapshotNumber>& numbers, Rehearsal rehearsal) {
    WritingSession session(repository);
    if (rehearsal == Rehearsal::yes) return rehearse(session, numbers);
    auto result = commit_with_reserve(session, numbers);
    try {
        session.carry_out();
    } catch (const Error& error) {
        throw Error(error.code(),
                    "the snapshots are forgotten, but not all of their space is free yet: " + error.message(),
                    "Nothing is lost: the next command on this volume finishes it.");
    }
    return result;
}

}  // namespace kist::repository
