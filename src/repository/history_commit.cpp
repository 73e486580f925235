#include "repository/history_commit.hpp"

#include "kist/base/error.hpp"

#include "repository/forgotten_rows.hpp"
#include "repository/pack_rows.hpp"
#include "repository/reclaim.hpp"
#include "repository/reserve.hpp"
#include "repository/run_record.hpp"

namespace kist::repository {
namespace {

// Beside what a checkpoint needs, run records may take this much.
constexpr std::uint64_t kRecordSlack = kPackLimit / 32;

Removed commit(WritingSession& session, const HistoryChange& change) {
    auto& catalog = session.catalog();
    sqlite::Transaction transaction(catalog);
    Removed removed;
    change.change_rows(catalog, removed);
    list_freed(catalog);
    auto pack = continue_packs(session.repository(), catalog);
    rebase_dependents(session.repository(), catalog, pack, change.freed_bases);
    remove_freed(catalog, removed);
    const bool is_full_due = change.record_as == RecordAs::checkpoint || is_checkpoint_due(catalog, kRecordSlack);
    if (is_full_due) drop_run_records(catalog);
    move_scattered_records(session.repository(), catalog, pack);
    is_full_due ? write_checkpoint(catalog, pack) : write_history_record(catalog, change.renamed, pack);
    record_packs(catalog, pack);
    session.commit(transaction, pack);
    return removed;
}

void add(Removed& to, const Removed& removed) {
    to.entries += removed.entries;
    to.contents += removed.contents;
    to.freed += removed.freed;
}

}  // namespace

void commit_history(WritingSession& session, const HistoryChange& change, Removed& removed) {
    try {
        add(removed, commit(session, change));
    } catch (const Error& error) {
        if (error.code() != ErrorCode::no_space || !release_reserve(session.repository().control())) throw;
        add(removed, commit(session, change));
    }
}

void rehearse_history(WritingSession& session, const HistoryChange& change, Removed& removed) {
    const sqlite::Transaction transaction(session.catalog());
    change.change_rows(session.catalog(), removed);
    list_freed(session.catalog());
    keep_needed_bases(session.catalog());  // as if every delta stayed: no more is promised than comes back
    remove_freed(session.catalog(), removed);
}

void carry_out_history(WritingSession& session) {
    try {
        session.carry_out();
    } catch (const Error& error) {
        throw Error(error.code(), "history is changed, but not everything is done that follows: " + error.message(),
                    "Nothing is lost: the next command on this volume finishes it.");
    }
}

}  // namespace kist::repository
