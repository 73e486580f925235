#include "repository/undo.hpp"

#include "kist/base/error.hpp"

#include "repository/content_rows.hpp"
#include "repository/departure.hpp"
#include "repository/dependents.hpp"
#include "repository/forgotten_rows.hpp"
#include "repository/pack_rows.hpp"
#include "repository/reversal.hpp"
#include "repository/run_record.hpp"
#include "repository/steps.hpp"

namespace kist::repository {
namespace {

// After remove_forgotten() the rows stand again; what stands for them in latest/ may be another file.
void set_mirror_inodes(sqlite::Database& catalog) {
    catalog.execute(
        "UPDATE main.entry AS e SET mirror_inode = c.mirror_inode FROM plan.change c "
        "WHERE c.entry = e.id AND c.outcome IN (1, 2)");
}

}  // namespace

ForgetResult commit_undo(WritingSession& session, const std::vector<SnapshotNumber>& numbers) {
    auto& catalog = session.catalog();
    const auto& repository = session.repository();
    list_forgotten(catalog, numbers);
    plan_reversal(repository.mirror(), catalog);
    stage_reversal(session);
    auto pack = continue_packs(repository, catalog);
    ForgetResult result;
    result.lost = save_departing(repository, catalog, pack);
    write_pending_notice(repository.root());

    sqlite::Transaction transaction(catalog);
    write_leaving_steps(catalog, repository.mirror());
    bring_back_contents(catalog);
    send_contents_to_history(catalog);
    remove_forgotten(catalog, result);
    set_mirror_inodes(catalog);
    list_freed(catalog);
    rebase_dependents(repository, catalog, pack);
    remove_freed(catalog, result);
    write_arriving_steps(catalog, Source{}, {});
    write_forget_record(catalog, pack);
    record_packs(catalog, pack);
    session.commit(transaction, pack);
    return result;
}

}  // namespace kist::repository
