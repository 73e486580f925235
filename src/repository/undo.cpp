#include "repository/undo.hpp"

#include "kist/base/error.hpp"

#include "repository/content_rows.hpp"
#include "repository/departure.hpp"
#include "repository/dependents.hpp"
#include "repository/forgotten_rows.hpp"
#include "repository/object_stager.hpp"
#include "repository/pack_rows.hpp"
#include "repository/reversal.hpp"
#include "repository/run_record.hpp"
#include "repository/steps.hpp"

namespace kist::repository {
ForgetResult commit_undo(WritingSession& session, const std::vector<SnapshotNumber>& numbers) {
    auto& catalog = session.catalog();
    const auto& repository = session.repository();
    list_forgotten(catalog, numbers);
    plan_reversal(repository.mirror(), catalog);
    stage_objects(session);
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
