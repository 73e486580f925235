#include "kist/repository/forget.hpp"

#include "kist/base/error.hpp"

#include "repository/forgotten_rows.hpp"
#include "repository/history_commit.hpp"
#include "repository/undo.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::repository {
namespace {

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

HistoryChange forgetting(const Numbers& numbers, std::vector<Snapshot>& gone) {
    return {[&](sqlite::Database& catalog, Removed& removed) {
        list_forgotten(catalog, numbers);
        gone = remove_forgotten(catalog, removed);
    }};
}

void forget_old(WritingSession& session, const Numbers& numbers, ForgetResult& result) {
    std::vector<Snapshot> gone;
    commit_history(session, forgetting(numbers, gone), result);
    result.snapshots.insert(result.snapshots.end(), gone.begin(), gone.end());
}

using Commit = void (*)(WritingSession&, const Numbers&, ForgetResult&);

void forget_part(const Repository& repository, const Numbers& numbers, Commit commit_part, ForgetResult& result) {
    WritingSession session(repository);
    commit_part(session, numbers, result);
    carry_out_history(session);
}

}  // namespace

void expect_not_forgotten(const Repository& repository, SnapshotNumber snapshot) {
    auto catalog = repository.open_catalog();
    const auto snapshots = catalog.snapshots();
    if (std::ranges::find(snapshots, snapshot, &Snapshot::number) == snapshots.end())
        throw Error(ErrorCode::not_found, fmt::format("snapshot {} was forgotten while it was read", snapshot),
                    "What was read until then is right. `kist list` shows what is left.");
}

ForgetResult forget(const Repository& repository, const ForgetRequest& request) {
    auto catalog = repository.open_catalog();
    const auto parts = divide(catalog, request);
    ForgetResult result;
    if (request.rehearsal == Rehearsal::yes) {
        WritingSession session(repository);
        rehearse_history(session, forgetting(request.snapshots, result.snapshots), result);
        return result;
    }
    if (!parts.others.empty()) forget_part(repository, parts.others, forget_old, result);
    for (const auto& newest : parts.newest) forget_part(repository, newest, commit_undo, result);
    std::ranges::sort(result.snapshots, {}, &Snapshot::number);
    return result;
}

}  // namespace kist::repository
