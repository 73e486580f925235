#pragma once
// What a change of the repository that is no backup run begins with: the lock, everything finished that a crash left,
// an empty staging folder, and a connection to the catalog with an empty plan attached (plan.sql).

#include "kist/repository/repository.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

namespace kist::repository {

class WritingSession {
  public:
    explicit WritingSession(const Repository& repository);
    WritingSession(const WritingSession&) = delete;
    WritingSession& operator=(const WritingSession&) = delete;
    // Empties staging, unless steps of a committed change still need it.
    ~WritingSession();

    const Repository& repository() const { return repository_; }
    const os::Directory& staging() const { return staging_; }
    sqlite::Database& catalog() { return *catalog_; }

    // Syncs all that was written and ends the transaction: what is in it is done when this returns.
    void commit(sqlite::Transaction& transaction, PackWriter& pack);
    // Then: what the committed change leaves to be done in latest/ and in packs, and what a large catalog can give
    // back.
    void carry_out();

  private:
    const Repository& repository_;
    Repository::WriteLock lock_;
    os::Directory staging_;
    std::optional<sqlite::Database> catalog_;
};

// .kist/staging with nothing in it but an empty out/ and what interrupted runs have left.
os::Directory empty_staging(const Repository& repository);
// RUN-KIST-FIRST.txt, before a commit whose steps change latest/. It says how far packs are committed.
void write_pending_notice(const Repository& repository);
// After a commit that failed: its records and the notice go, unless steps are pending. Never throws.
void withdraw_commit(const Repository& repository) noexcept;
// The same, and what is staged goes, but for what the next runs may need. Never throws.
void leave_staging(const Repository& repository) noexcept;

}  // namespace kist::repository
