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

void commit_undo(WritingSession& session, const std::vector<SnapshotNumber>& numbers, ForgetResult& result) {
    auto& catalog = session.catalog();
    const auto& repository = session.repository();
    list_forgotten(catalog, numbers);
    plan_reversal(repository.mirror(), catalog);
    stage_objects(session);
    auto pack = continue_packs(repository, catalog);
    const auto lost = save_departing(repository, catalog, pack);
    write_pending_notice(repository);

    sqlite::Transaction transaction(catalog);
    write_leaving_steps(catalog, repository.mirror());
    bring_back_contents(catalog);
    send_contents_to_history(catalog);
    const auto gone = remove_forgotten(catalog, result);
    set_mirror_inodes(catalog);
    list_freed(catalog);
    rebase_dependents(repository, catalog, pack, FreedBases::stay_where_cheaper);
    remove_freed(catalog, result);
    write_arriving_steps(catalog, Source{}, {});
    write_history_record(catalog, {}, pack);
    record_packs(catalog, pack);
    session.commit(transaction, pack);
    result.snapshots.insert(result.snapshots.end(), gone.begin(), gone.end());
    result.lost.insert(result.lost.end(), lost.begin(), lost.end());
}

}  // namespace kist::repository
