#include "repository/writing_session.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "repository/apply.hpp"
#include "repository/catalog_file.hpp"
#include "repository/layout.hpp"
#include "repository/leftovers.hpp"
#include "repository/pack_rows.hpp"
#include "repository/plan.hpp"
#include "repository/readme.hpp"
#include "repository/reclaim.hpp"
#include "repository/reserve.hpp"
#include "repository/signature_cache.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

os::Directory finish_and_empty(const Repository& repository) {
    auto catalog = open_catalog_for_writing(repository.catalog_path());
    finish_interrupted(repository, catalog);
    return empty_staging(repository);
}

}  // namespace

os::Directory empty_staging(const Repository& repository) {
    auto staging = repository.control().ensure_directory(kStaging);
    Leftovers::put_aside(repository, staging);
    staging.create_directory(kStagedOut);
    return staging;
}

void withdraw_commit(const Repository& repository) noexcept {
    try {
        auto catalog = open_catalog_for_reading(repository.catalog_path());
        if (has_steps(catalog)) return;
        cut_off_uncommitted(repository, catalog);  // without the notice a whole run record counts: rebuild.cpp
        repository.root().remove_tree(kPendingNotice);
    } catch (const Error&) {  // the next writer does it
    }
}

void leave_staging(const Repository& repository) noexcept {
    try {
        auto catalog = open_catalog_for_reading(repository.catalog_path());
        if (has_steps(catalog)) return;
        const auto staging = repository.control().open_directory(kStaging);
        Leftovers::put_aside(repository, staging);
    } catch (const Error&) {  // the next writer does it
        return;
    }
    withdraw_commit(repository);
}

void write_pending_notice(const Repository& repository) {
    auto catalog = open_catalog_for_reading(repository.catalog_path());
    auto last = catalog.prepare("SELECT number, size FROM main.pack ORDER BY number DESC LIMIT 1");
    auto text = std::string(kPendingText);
    if (last.step()) text += fmt::format(kPendingEnd, last.integer(0), last.integer(1));
    const auto& root = repository.root();
    root.remove_tree(kPendingNotice);
    const auto notice = root.open_file_for_writing(kPendingNotice, os::Create::exclusive, 0644);
    os::write_all(notice.get(), os::as_bytes(text), kPendingNotice);
}

WritingSession::WritingSession(const Repository& repository)
    : repository_(repository), lock_(repository.lock_for_writing()), staging_(finish_and_empty(repository)) {
    const auto path = repository.path() + "/" + kControl + "/" + kStaging + "/" + kPlanFile;
    staging_.open_file_for_writing(kPlanFile, os::Create::exclusive);  // SQLite attaches only what is there
    catalog_ = attach_plan(open_catalog_for_writing(repository.catalog_path()), path);
    catalog_->execute("COMMIT");
}

WritingSession::~WritingSession() {
    catalog_.reset();
    leave_staging(repository_);
}

void WritingSession::commit(sqlite::Transaction& transaction, PackWriter& pack) {
    pack.sync();
    os::sync_filesystem(staging_.fd(), repository_.path());
    transaction.commit();
}

void WritingSession::carry_out() {
    finish_interrupted(repository_, *catalog_);
    SignatureCache(repository_).sweep(*catalog_);
    fill_reserve(repository_.control());
    try {
        // Readers of an older state keep the log; the next writer folds it in then.
        catalog_->execute(
            "PRAGMA main.incremental_vacuum; PRAGMA busy_timeout = 0; PRAGMA main.wal_checkpoint(TRUNCATE)");
    } catch (const Error& error) {
        if (error.code() != ErrorCode::busy && error.code() != ErrorCode::no_space) throw;
    }
}

}  // namespace kist::repository
