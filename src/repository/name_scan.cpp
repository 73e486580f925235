#include "kist/repository/name_scan.hpp"

#include "repository/catalog_statements.hpp"

namespace kist::repository {
namespace {

// A row of the scan's own state: another process may remove it only from states that come later.
std::optional<Entry> read_row(sqlite::Statement& row, EntryId id) {
    row.reset();
    if (!row.bind(1, id).step()) return std::nullopt;
    return read_entry(row);
}

}  // namespace

void scan_names(Catalog& catalog, const std::function<bool(std::string_view name)>& is_wanted,
                const std::function<void(Entry&&)>& visit) {
    const Catalog::Reading reading(catalog);
    auto& database = catalog.statements_->database;
    auto names = database.prepare("SELECT name, id FROM entry INDEXED BY entry_by_name ORDER BY directory, name, last");
    auto row = database.prepare(fmt::format("SELECT {} FROM entry WHERE id = ?", kEntryColumns));
    const auto find = [&](const sqlite::Statement& at) -> std::optional<Entry> {
        return is_wanted(at.text(0)) ? read_row(row, at.integer(1)) : std::nullopt;
    };
    visit_sound_rows(names, find, [&](std::optional<Entry>&& entry) {
        if (entry) visit(std::move(*entry));
    });
}

}  // namespace kist::repository
