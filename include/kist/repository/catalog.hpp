#pragma once
// The catalog for reading: what every snapshot holds. One thread uses a Catalog at a time; Repository::open_catalog()
// makes as many as there are threads. Each call sees one committed state; begin_reading() holds one for many calls.
// Errors: damaged where the database is, not_found where a number names nothing.

#include "kist/base/digest.hpp"
#include "kist/repository/entry.hpp"
#include "kist/repository/snapshot.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

// Where a content's bytes are.
enum class ContentPlace : std::uint8_t {
    mirror = 0,  // only in plain files of latest/
    pack = 1,    // in a pack: whole, or as a reverse delta
    kept = 2,    // whole in history/kept
    lost = 3,    // nowhere any more; said when it was found out
};

// A content's bytes, and where they are. Its plain files in latest/ are found by mirror_paths() whatever `place` says.
struct Content {
    ContentId id = 0;
    Digest hash;
    std::uint64_t size = 0;
    ContentPlace place = ContentPlace::mirror;
    std::int64_t pack = 0;     // pack number
    std::uint64_t offset = 0;  // of its first record in the pack
    std::uint64_t stored = 0;  // bytes of its records
    // Of a reverse delta: the content that it applies to, or is compressed against.
    std::optional<ContentId> base;
};

struct LiveEntry {
    Entry entry;
    std::string mirror_path;  // in latest/, as `files/HOST/home/...`
};

// A name that holds a content, in all snapshots of its source from `first` to `last`.
struct Occurrence {
    std::string path;  // absolute, in the source, as of `last`
    SnapshotNumber first = 0;
    SnapshotNumber last = 0;
};

// The names of one snapshot that are one file, hard links of each other.
struct LinkGroup {
    EntryId lowest = 0;  // of their rows: the same whichever of them it was found by
    std::uint32_t count = 0;
};

struct Totals {
    std::uint64_t files = 0;  // regular files
    ByteCount bytes;          // their sizes together
};

class Catalog {
    struct Statements;
    friend class FolderPaths;
    friend class MailHeaders;
    friend class NameScan;
    friend class Timeline;
    friend std::vector<struct Growth> growth(Catalog& catalog);
    friend std::vector<struct FolderHistory> history_by_folder(Catalog& catalog);

  public:
    explicit Catalog(const std::string& path);  // of catalog.sqlite
    Catalog(Catalog&&) noexcept;
    Catalog& operator=(Catalog&&) noexcept;
    ~Catalog();

    // Holds the present state for all calls until the object is gone; may be nested. While one is held nothing of what
    // other processes commit is seen, and the log of the database cannot be folded into it.
    class Reading {
      public:
        explicit Reading(Catalog& catalog);
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;
        ~Reading();

      private:
        Statements& statements_;
    };

    std::vector<Source> sources();
    Source source(SourceId id);
    std::vector<Snapshot> snapshots();  // of all sources, by number
    Snapshot snapshot(SnapshotNumber number);

    Entry root(const Snapshot& snapshot);  // the source itself: a directory, or a single file
    std::optional<Entry> find(const Snapshot& snapshot, NodeId directory, std::string_view name);
    // path: absolute, within the snapshot's source. nullopt where the snapshot does not hold it.
    std::optional<Entry> find_path(const Snapshot& snapshot, std::string_view path);
    // The row itself; nullopt where the snapshot does not hold it.
    std::optional<Entry> find_entry(const Snapshot& snapshot, EntryId id);
    LinkGroup link_group(const Snapshot& snapshot, NodeId node);  // of what is no directory
    // In the order of the names' bytes. The callback may not use this Catalog. A damaged row is left out, and the
    // damaged Error is thrown after the others were visited.
    void list(const Snapshot& snapshot, NodeId directory, const std::function<void(Entry&&)>& visit);

    // What is below a directory, all levels.
    Totals totals(const Snapshot& snapshot, NodeId directory);

    Content content(ContentId id);  // damaged where there is none: numbers of contents come from entries
    std::optional<Content> find_content(ContentId id);
    // Every content that any snapshot holds, in the order in which packs are read. The callback may not use this
    // Catalog.
    void each_content(const std::function<void(const Content&)>& visit);
    // Everything that should now stand in latest/. The callback may not use this Catalog. Damaged rows as for list().
    void each_live_entry(const std::function<void(LiveEntry&&)>& visit);
    std::optional<LiveEntry> find_live(EntryId id);  // nullopt: it does not stand in latest/ any more
    std::uint64_t lost_contents();                   // that snapshots hold, and nothing is left of
    ByteCount live_bytes();                          // the sizes of the plain files in latest/, hard links once
    Totals stored_totals();                          // of the plain files in latest/ and the contents in history
    // Paths in latest/ (as `files/HOST/home/...`) of the plain files that now hold this content, at most `limit`.
    std::vector<std::string> mirror_paths(ContentId id, std::size_t limit);
    // The absolute path in the source of an entry that stood in `snapshot`.
    std::string source_path(const Entry& entry, SnapshotNumber snapshot);
    // Names that hold a content, newest first, at most `limit`.
    std::vector<Occurrence> occurrences(ContentId id, std::size_t limit);
    // One entry's own; nullopt where no snapshot is left that it stood in.
    std::optional<Occurrence> find_occurrence(const Entry& entry);
    // For messages: some snapshot and path that hold this content, as `12:/home/user/a`.
    std::string example_of(ContentId id);

    // The name that a user or group of this number had when something of theirs was last backed up on the snapshot's
    // host; empty where nothing was. Reads all entries of that host in the worst case.
    std::string user_name(const Snapshot& snapshot, std::uint32_t number);
    std::string group_name(const Snapshot& snapshot, std::uint32_t number);

    std::int64_t version();    // another number whenever another connection has committed
    bool has_pending_steps();  // a committed run is not applied to latest/ yet
    // The database's own consistency (SQLite's integrity_check) and the catalog's: parents, contents, ranges of
    // snapshots. Returns what is wrong, one line each.
    std::vector<std::string> inconsistencies();

  private:
    std::string owner_name(std::string_view columns, const Snapshot& snapshot, std::uint32_t number);

    std::unique_ptr<Statements> statements_;
};

}  // namespace kist::repository
