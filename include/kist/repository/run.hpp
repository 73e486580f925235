#pragma once
// One backup run of one source, from its comparison with the catalog to the committed snapshot. The caller (backup/)
// looks at the source and says what it found; a Run keeps the plan, stages contents, and commits. Phases, in this
// order:
//
//   scan    LiveTree in every thread; add() for what differs; then scanned()
//   stage   take_batch() in every thread until it is empty, finish() for each batch; for each Pass in turn
//   commit  commit(): old contents go into history, the snapshot is committed and applied to latest/
//
// Threads: add(), skip(), new_node(), claim(), take_batch(), finish(), take_over(), take_over_unchanging(),
// stage_difference(), note_staged() and staging() may be called from any thread; the others from one. A Run that is
// dropped before commit() leaves the repository as it was; what it has staged the next run of the source takes over, as
// far as the source's files are what they were.

#include "kist/base/digest.hpp"
#include "kist/delta/script.hpp"
#include "kist/delta/signature.hpp"
#include "kist/repository/entry.hpp"
#include "kist/repository/repository.hpp"
#include "kist/repository/run_group.hpp"
#include "kist/repository/snapshot.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kist::repository {

// What the catalog knows of a name, as far as the scan compares it.
struct KnownEntry {
    EntryId id = 0;
    std::string name;
    os::FileStatus status;  // without link_count, allocated, special_device, is_mount_root
    std::optional<NodeId> node;
    bool unsettled = false;
};

// What a run would know this row by.
KnownEntry known_of(const Entry& entry);

// Nothing that the kernel changes by itself has changed, not even ctime, which nobody can set: a run does not look
// further.
bool is_unchanged(const os::FileStatus& found, const KnownEntry& known);

// The newest state of one source, for reading in one thread.
class LiveTree {
  public:
    LiveTree(const Repository& repository, SourceId source);
    LiveTree(LiveTree&&) noexcept;
    ~LiveTree();

    std::optional<KnownEntry> root();
    std::vector<KnownEntry> list(NodeId directory);  // in the order of the names' bytes
    // The directory that was this one (filesystem, inode, birth time) at the last run; without a birth time none.
    std::optional<KnownEntry> find_directory(const os::FileStatus& status);

  private:
    struct Statements;
    std::unique_ptr<Statements> statements_;
};

enum class Action : std::uint8_t {
    create = 1,  // a name that was not there, or was of another type
    modify = 2,  // a regular file that has to be read to know
    touch = 3,   // anything else whose metadata differ
    remove = 4,  // a name that is gone
};

struct Change {
    std::int64_t id = 0;  // set by add()
    Action action = Action::create;
    EntryId known = 0;     // the catalog's row for this name: of modify, touch and remove
    NodeId directory = 0;  // the parent's node
    std::string name;
    std::optional<NodeId> node;  // of directories: a new one, or the old one of a directory that was renamed
    EntryId origin = 0;          // of what was renamed: the row under the old name
    os::FileStatus status;
};

// A directory of the source with changes in it.
struct ScannedDirectory {
    NodeId node = 0;
    std::string path;  // below the source's root, "" for itself
    bool is_new = false;
    NodeId parent = 0;
    std::string name;
};

// What staging made of a change.
enum class Outcome : std::uint8_t {
    waiting = 0,
    stored = 1,     // new content, or a new symlink, device, directory: staged
    metadata = 2,   // the plain file stays where it is: only metadata differ, unless it is patched
    unchanged = 3,  // nothing a restore would show differs
    gone = 4,       // vanished since the scan
    skipped = 5,    // could not be read: what the catalog knows stays
};

struct StagedChange {
    Change change;
    std::string directory_path;           // in the source, below its root
    std::optional<std::string> staged;    // where it is to be built, below staging(); nullopt: nothing is to be built
    bool own_object = false;              // it is built as staging/in/ID, not inside a folder that is new as a whole
    std::optional<Entry> known;           // the row of change.known, or of change.origin
    std::optional<Digest> known_content;  // of regular files, unless it was lost
    std::string known_mirror_path;      // in latest/, where there is an origin, what differs may be staged, or of mail
    bool may_stage_difference = false;  // a large file of this one name; history has room for its older version's delta
    // To be filled in:
    Outcome outcome = Outcome::waiting;
    Metadata metadata;
    SourceIdentity identity;
    Digest content;  // of regular files
    std::uint64_t mirror_inode = 0;
    bool patched = false;                  // its plain file is patched, by staging/redo/ID
    std::optional<delta::Script> reverse;  // makes the known content out of the new one
    std::string reason;                    // why it was skipped
};

// How much of a large file has to be staged.
enum class Difference : std::uint8_t {
    whole,   // all of it; if the versions are known to have much in common, `reverse` says what
    none,    // it holds what it held
    staged,  // what differs is staged: `patched` is set, or else it is built at staging()/staged
};
using OnRead = std::function<void(std::uint64_t bytes)>;

// The passes of staging, in their order.
enum class Pass {
    folders,      // new directories are made
    files,        // everything that is no directory
    directories,  // metadata of directories, when nothing in them changes any more
};

struct RunTotals {
    std::uint64_t files = 0;  // regular files to read
    ByteCount bytes;
};

struct SkippedEntry {
    std::string path;  // absolute, in the source
    std::string reason;
};

struct RunSummary {
    Snapshot snapshot;
    std::uint64_t created = 0;
    std::uint64_t changed = 0;
    std::uint64_t renamed = 0;
    std::uint64_t removed = 0;
    std::vector<SkippedEntry> skipped;  // the first 1000; snapshot.skipped counts all
    // Contents whose plain file was damaged or gone when they were to go into history: its path in latest/.
    std::vector<std::string> lost;
};

// A file that an interrupted run has staged.
struct TakenOver {
    Digest content;
    std::uint64_t size = 0;
    Timestamp mtime;
};

// What interrupted runs of one source have staged, for its next run.
struct InterruptedRun {
    std::string host;
    std::string path;
    std::uint64_t files = 0;
    ByteCount bytes;
};
std::vector<InterruptedRun> interrupted_runs(const Repository& repository);

// What a run's caller says of the snapshot that it makes.
struct NewSnapshot {
    struct Ancestor {
        std::uint32_t mode;
        std::uint32_t uid;
        std::uint32_t gid;
    };

    Timestamp time;
    Timestamp finished;
    std::vector<std::string> tags{};
    std::vector<Ancestor> ancestors{};  // the live folders above the source's root, from the top: latest/ may lack some
};

class DifferenceStager;
class Leftovers;
class Plan;

class Run {
  public:
    // By itself. Errors: as of RunGroup and RunGroup::Member.
    Run(Repository& repository, const SourceKey& key);
    // Beside others. The group outlives it.
    Run(RunGroup& group, const SourceKey& key);
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run();

    const Source& source() const { return member_.source(); }
    std::optional<Snapshot> previous() const { return member_.previous(); }

    NodeId new_node() { return group_.new_node(); }
    // A directory's node stands for one place: true for the first who claims it.
    bool claim(NodeId node);

    void add(const ScannedDirectory& directory, std::vector<Change>&& changes);
    void skip(const std::string& path, const std::string& reason);  // path below the source's root
    RunTotals scanned();

    // Up to 64 changes, most of one directory; empty when there are no more in this pass.
    std::vector<StagedChange> take_batch(Pass pass);
    void finish(const std::vector<StagedChange>& batch);
    const os::Directory& staging() const { return group_.staged(); }  // staging/in
    // For what has no place there yet: a name that no other run uses.
    std::string own_name(const std::string& name) const;
    // A file that an interrupted run has staged, in this very version: it gets this name, and its content hash is
    // returned.
    std::optional<Digest> take_over(const os::FileStatus& source, const os::Directory& to, const std::string& name);
    // The same for what never changes under its device, inode and birth time: nothing else of `source` is compared.
    std::optional<TakenOver> take_over_unchanging(const os::FileStatus& source, const os::Directory& to,
                                                  const std::string& name);
    // Of a file with may_stage_difference: reads it, finds what differs from the version in latest/, and stages that.
    // Sets content, metadata.size, patched and reverse as far as the result says; what it sets holds for the bytes that
    // were read, if the file changes meanwhile. on_read is called in several threads, and may throw. Errors with an
    // errno are trouble with the source.
    Difference stage_difference(const delta::InputFile& source, StagedChange& staged, const OnRead& on_read);
    // Takes back what was staged of it. Any thread.
    void drop_difference(StagedChange& staged);
    // Of a batch that will not be finished: what of it is staged is of use to the next run.
    void note_staged(const std::vector<StagedChange>& batch);
    // Makes sure that what is staged survives the end of this run without a commit. Returns all that the next one will
    // find.
    InterruptedRun keep_staged();
    // On a full volume others may need the space: nothing of this source's interrupted runs is kept. What is
    // committed stays as it is.
    void discard_staged();
    const Repository& repository() const { return group_.repository(); }
    RunGroup& group() const { return group_; }

    // On FUSE syncfs(2) does not reach the filesystem: there each staged file has to be synced by itself.
    bool syncs_each_file() const { return syncs_each_file_; }

    // A usage Error unless `time` is later than the source's newest snapshot.
    void require_later(Timestamp time) const;

    // Nothing is committed before; everything is after.
    RunSummary commit(const NewSnapshot& snapshot);

  private:
    void begin();
    RunSummary commit_to_catalog(const NewSnapshot& snapshot);
    void remove_staged_objects();

    const std::unique_ptr<RunGroup> own_group_;  // where it is by itself
    RunGroup& group_;
    RunGroup::Member member_;
    bool syncs_each_file_ = false;
    std::string plan_file_;
    std::mutex mutex_;
    std::unique_ptr<Plan> plan_;  // guarded by mutex_ until commit()
    std::unique_ptr<DifferenceStager> differences_;
    std::unique_ptr<Leftovers> leftovers_;
    bool is_committed_ = false;
    std::vector<std::atomic<std::uint64_t>> claimed_;  // a bit for each node that the catalog has
};

}  // namespace kist::repository
