#include "repository/content_rows.hpp"

#include "repository/pack_rows.hpp"

namespace kist::repository {

void bring_back_contents(sqlite::Database& catalog) {
    if (!catalog.prepare("SELECT 1 FROM main.content WHERE place <> 0 LIMIT 1").step()) return;
    catalog.execute(
        "INSERT OR IGNORE INTO plan.returned SELECT k.id, k.hash, k.place FROM plan.change c "
        "JOIN main.content k ON k.hash = c.hash WHERE c.outcome IN (1, 2) AND k.place <> 0");
    mark_packs_of_contents(catalog, "SELECT content FROM plan.returned");
    catalog.execute(
        "INSERT OR IGNORE INTO plan.freed SELECT base FROM main.content "
        "WHERE base IS NOT NULL AND id IN (SELECT content FROM plan.returned);"
        "UPDATE main.content SET place = 0, pack = NULL, offset = NULL, stored = NULL, base = NULL "
        "WHERE id IN (SELECT content FROM plan.returned)");
}

void send_contents_to_history(sqlite::Database& catalog) {
    catalog.execute(
        "UPDATE main.content AS k SET place = v.place, "
        "pack = CASE WHEN v.place = 1 THEN v.pack END, offset = CASE WHEN v.place = 1 THEN v.offset END, "
        "stored = CASE WHEN v.place = 1 THEN v.stored END, "
        "base = CASE WHEN v.place = 1 THEN (SELECT b.id FROM main.content b WHERE b.hash = v.base) END "
        "FROM plan.leaving v WHERE v.content = k.id");
}

}  // namespace kist::repository
