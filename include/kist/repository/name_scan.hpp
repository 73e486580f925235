#pragma once
// All rows of a catalog by their names, whatever their source and snapshots. What can be decided without a row is:
// names and folders stand in an index, and conditions are asked of the whole table at once, so that rows that are not
// wanted cost little. Holds one state of the catalog as long as it lives; one thread.

#include "kist/repository/catalog.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

// What the index says of a row.
struct NamedRow {
    NodeId directory = 0;
    std::string_view name;  // of a source's root its path
    EntryId id = 0;
};

// What a row alone decides: all of it. Of regular files only, where a size is asked for.
struct RowConditions {
    std::vector<os::FileType> types{};  // any of them; none: every type
    std::optional<std::uint64_t> smallest{};
    std::optional<std::uint64_t> largest{};
    std::optional<Timestamp> after{};  // it was last modified
    std::optional<Timestamp> until{};
    std::optional<SnapshotNumber> in_snapshot{};  // it stood there
    std::optional<SnapshotNumber> since{};        // it stood there first
};

class NameScan {
  public:
    explicit NameScan(Catalog& catalog);  // which must outlive it
    NameScan(const NameScan&) = delete;
    NameScan& operator=(const NameScan&) = delete;
    ~NameScan();

    // Calls visit() for each row that is_wanted(). Rows of one name in one directory come one after the other. Both may
    // use the catalog, and is_wanted() this object, as long as they do not scan again. Damaged rows are left out, and
    // the damaged Error is thrown after the others were visited.
    void scan(const std::function<bool(const NamedRow& row)>& is_wanted, const std::function<void(Entry&&)>& visit);

    // The same of these rows alone: quicker, where they are few.
    void scan(const std::vector<EntryId>& ids, const std::function<bool(const NamedRow& row)>& is_wanted,
              const std::function<void(Entry&&)>& visit);

    // The ids of the rows that fit, rising. Reads all rows.
    std::vector<EntryId> rows_that_fit(const RowConditions& conditions);

    // Every path that a folder has had in any snapshot, and perhaps others: those of its rows below those of the
    // folders above. Remembered, in bounded memory, until the next call. Empty: too many, too deep, or damaged.
    const std::vector<std::string>& possible_paths(NodeId folder);

  private:
    class Folders;

    Catalog& catalog_;
    Catalog::Reading reading_;
    std::unique_ptr<Folders> folders_;
};

}  // namespace kist::repository
