#pragma once
// What stood where in one source, over all its snapshots. Snapshots are counted by position here: 0 is the oldest that
// is left. Holds one state of the catalog as long as it lives; one thread uses a Catalog and its Timelines at a time.
// Errors: damaged, where rows contradict each other.

#include "kist/repository/catalog.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace kist::repository {

using Position = std::size_t;

// An unbroken range of a source's snapshots, both ends included.
struct Span {
    Position first = 0;
    Position last = 0;

    friend bool operator==(const Span&, const Span&) = default;
};

// A row, in the snapshots that are asked about.
struct Stay {
    Entry entry;
    Span span;
};

using ChangedFolders = std::unordered_set<NodeId>;

class Timeline {
  public:
    Timeline(Catalog& catalog, const Source& source);  // which must outlive it

    const Source& source() const { return source_; }
    const std::vector<Snapshot>& snapshots() const { return snapshots_; }  // of the source, oldest first
    Position position(SnapshotNumber number) const;                        // of a snapshot of the source
    // The snapshots that a row holds; nullopt where none of them is left.
    std::optional<Span> span_of(const Entry& entry) const { return span_of(entry.first, entry.last); }
    std::optional<Span> span_of(SnapshotNumber first, std::optional<SnapshotNumber> last) const;

    // Everything that ever stood at this absolute path, oldest first. A row that stood there twice, because a folder
    // above it was renamed and back, is there twice.
    std::vector<Stay> stays(std::string_view path);
    // Rows of that snapshot that are for certain the same file or folder as the entry, itself included where it stood
    // then: a folder's node tells; of a file the content together with filesystem, inode and birth time.
    std::vector<Entry> same_thing(const Entry& entry, Position at);
    std::string path(const Entry& entry, Position at);  // of a row that stood in that snapshot
    // By node, the folders in which or somewhere below which a row stood in only one of two snapshots. Reads all rows.
    ChangedFolders changed_folders(Position a, Position b);

  private:
    struct Folder;
    void add_children(const Folder& folder, std::string_view name, std::vector<Stay>& found);

    Catalog& catalog_;
    Catalog::Reading reading_;
    Source source_;
    std::vector<Snapshot> snapshots_;
};

}  // namespace kist::repository
