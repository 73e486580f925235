#include "repository/pack_rows.hpp"

#include "kist/os/file.hpp"

#include "repository/layout.hpp"

#include <fmt/format.h>

namespace kist::repository {

PackWriter continue_packs(const Repository& repository, sqlite::Database& catalog) {
    const auto history = repository.control().open_directory(kHistory);
    auto last = catalog.prepare("SELECT number, size FROM main.pack ORDER BY number DESC LIMIT 1");
    if (!last.step()) return {history, repository.id(), 0, 0};
    return {history, repository.id(), last.integer(0), static_cast<std::uint64_t>(last.integer(1))};
}

void cut_off_uncommitted(const Repository& repository, sqlite::Database& catalog) {
    const auto history = repository.control().open_directory(kHistory);
    auto last = catalog.prepare("SELECT number, size FROM main.pack ORDER BY number DESC LIMIT 1");
    std::int64_t number = 0;
    if (last.step()) {
        number = last.integer(0);
        const auto size = static_cast<std::uint64_t>(last.integer(1));
        const auto status = history.find_status(pack_name(number));
        if (status && status->size > size)
            os::truncate(history.open_file_for_writing(pack_name(number), os::Create::no).get(), size,
                         pack_name(number));
    }
    while (history.find_status(pack_name(++number))) history.remove_file(pack_name(number));
}

void record_packs(sqlite::Database& catalog, const PackWriter& pack) {
    auto upsert = catalog.prepare(
        "INSERT INTO main.pack (number, size) VALUES (?, ?) "
        "ON CONFLICT (number) DO UPDATE SET size = excluded.size");
    for (const auto& [number, size] : pack.written())
        upsert.bind(1, number).bind(2, static_cast<std::int64_t>(size)).run();
}

void mark_packs_of_contents(sqlite::Database& catalog, const std::string& contents) {
    catalog.execute(
        fmt::format("UPDATE main.pack SET reclaim = 1 WHERE number IN "
                    "(SELECT pack FROM main.content WHERE place = 1 AND id IN ({}))",
                    contents));
}

void mark_packs_of_run_records(sqlite::Database& catalog) {
    catalog.execute("UPDATE main.pack SET reclaim = 1 WHERE number IN (SELECT pack FROM main.record)");
}

}  // namespace kist::repository
