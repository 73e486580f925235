#include "repository/purged_rows.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "repository/entry_row.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kListedPaths = 1000;
constexpr std::size_t kNamedPaths = 5;

// Snapshots of one source by their place in its order: from `first` to `last`, both included.
struct Range {
    std::size_t first = 0;
    std::size_t last = 0;

    bool touches(const Range& other) const { return first <= other.last + 1 && other.first <= last + 1; }
    bool overlaps(const Range& other) const { return first <= other.last && other.first <= last; }
};

struct Counts {
    std::int64_t entries = 0;
    std::int64_t files = 0;
    std::int64_t bytes = 0;
};

struct Row {
    EntryId id = 0;
    std::string name;
    Range range;
    bool is_directory = false;
    bool is_file = false;
    NodeId node = 0;
    std::int64_t size = 0;
};

// A directory in the snapshots in which it stood under one path.
struct Folder {
    NodeId node = 0;
    Range range;
    std::string path;  // of the root's parent: ""
    PathPattern::Progress progress;
    bool is_taken = false;  // with all that is in it
};

std::vector<SnapshotNumber> snapshots_of(sqlite::Database& catalog, SourceId source) {
    std::vector<SnapshotNumber> numbers;
    auto rows = catalog.prepare("SELECT number FROM main.snapshot WHERE source = ? ORDER BY number");
    rows.bind(1, source);
    while (rows.step()) numbers.push_back(rows.integer(0));
    return numbers;
}

// Goes through all snapshots of a source at once.
class Walk {
  public:
    Walk(sqlite::Database& catalog, const PathPattern& pattern, const Source& source, PurgeResult& result)
        : pattern_(pattern),
          source_(source),
          result_(result),
          numbers_(snapshots_of(catalog, source.id)),
          counts_(numbers_.size() + 1),
          rows_(catalog.prepare("SELECT id, name, first, last, type, node, size FROM main.entry WHERE directory = ?1 "
                                "AND source = ?2 AND first <= ?4 AND (last IS NULL OR last >= ?3) ORDER BY name, "
                                "first")),
          note_(catalog.prepare("INSERT INTO plan.purged VALUES (?, ?, ?)")),
          update_(catalog.prepare("UPDATE main.snapshot SET entries = entries - ?2, files = files - ?3, "
                                  "bytes = bytes - ?4 WHERE number = ?1")) {}

    void run() {
        if (numbers_.empty()) return;
        folders_.push_back(above_root());
        while (!folders_.empty()) {
            const auto folder = std::move(folders_.back());
            folders_.pop_back();
            visit(folder);
        }
        update_snapshots();
    }

    // Paths that the newest snapshot holds.
    const std::vector<std::string>& standing() const { return standing_; }
    std::uint64_t standing_count() const { return standing_count_; }
    SnapshotNumber newest() const { return numbers_.back(); }

  private:
    std::size_t place_of(SnapshotNumber number) const {
        const auto found = std::ranges::lower_bound(numbers_, number);
        if (found == numbers_.end() || *found != number)
            throw Error(ErrorCode::damaged, fmt::format("a row names snapshot {}, which is not there", number));
        return static_cast<std::size_t>(found - numbers_.begin());
    }

    std::vector<Row> rows_in(const Folder& folder) {
        std::vector<Row> rows;
        rows_.bind(1, folder.node).bind(2, source_.id);
        rows_.bind(3, numbers_[folder.range.first]).bind(4, numbers_[folder.range.last]);
        while (rows_.step()) {
            Row row;
            row.id = rows_.integer(0);
            row.name = rows_.text(1);
            require_entry_name(folder.node, row.name);
            row.range.first = std::max(place_of(rows_.integer(2)), folder.range.first);
            row.range.last = rows_.is_null(3) ? numbers_.size() - 1 : place_of(rows_.integer(3));
            row.range.last = std::min(row.range.last, folder.range.last);
            row.is_directory = rows_.integer(4) == static_cast<int>(os::FileType::directory);
            row.is_file = rows_.integer(4) == static_cast<int>(os::FileType::regular);
            row.node = rows_.integer(5);
            row.size = rows_.integer(6);
            rows.push_back(std::move(row));
        }
        rows_.reset();
        return rows;
    }

    // What stands for the root's parent; its progress is already the root's.
    Folder above_root() const {
        Folder folder{-source_.id, {0, numbers_.size() - 1}, {}, pattern_.begin(), false};
        std::string_view path = source_.path;
        while (path.size() > 1) {
            path.remove_prefix(1);
            folder.is_taken |= pattern_.is_match(folder.progress, true);
            folder.progress = pattern_.follow(folder.progress, path.substr(0, path.find('/')));
            path.remove_prefix(std::min(path.find('/'), path.size()));
        }
        return folder;
    }

    void visit(const Folder& folder) {
        if (folder.node > 0) require_first_visit(folder);
        const auto first_below = folders_.size();
        for (const auto& row : rows_in(folder)) {
            Folder below{row.node, row.range, path_of(folder, row), folder.progress, folder.is_taken};
            if (folder.node > 0 && !folder.is_taken) below.progress = pattern_.follow(folder.progress, row.name);
            const bool is_match = !folder.is_taken && pattern_.is_match(below.progress, row.is_directory);
            if (is_match) list(below.path, row.range);
            below.is_taken |= is_match;
            if (below.is_taken) take(row, below.path);
            if (!row.is_directory || !(below.is_taken || pattern_.may_match_below(below.progress))) continue;
            // A directory has a row for each time that its metadata changed.
            const bool continues = folders_.size() > first_below && folders_.back().node == row.node &&
                                   folders_.back().path == below.path && folders_.back().range.touches(row.range);
            if (continues)
                folders_.back().range.last = std::max(folders_.back().range.last, row.range.last);
            else
                folders_.push_back(std::move(below));
        }
    }

    // Nothing else keeps a hostile catalog's folders from having no end.
    void require_first_visit(const Folder& folder) {
        auto& ranges = visited_[folder.node];
        for (const auto& range : ranges)
            if (range.overlaps(folder.range))
                throw Error(ErrorCode::damaged, fmt::format("directory {} stands in two places at once", folder.node));
        ranges.push_back(folder.range);
    }

    static std::string path_of(const Folder& folder, const Row& row) {
        if (folder.node < 0) return row.name;
        return (folder.path == "/" ? "" : folder.path) + "/" + row.name;
    }

    void list(const std::string& path, const Range& range) {
        auto& paths = result_.paths;
        const auto first = numbers_[range.first];
        const auto last = numbers_[range.last];
        if (listed_path_ == path && listed_last_ + 1 == range.first) {
            if (result_.path_count <= kListedPaths) paths.back().last = last;
        } else {
            if (++result_.path_count <= kListedPaths) paths.push_back({path, first, last});
        }
        listed_path_ = path;
        listed_last_ = range.last;
    }

    void take(const Row& row, const std::string& path) {
        if (row.range.last + 1 == numbers_.size() && ++standing_count_ <= kNamedPaths) standing_.push_back(path);
        note_.bind(1, row.id).bind(2, numbers_[row.range.first]).bind(3, numbers_[row.range.last]).run();
        const Counts count{1, row.is_file ? 1 : 0, row.is_file ? row.size : 0};
        add(counts_[row.range.first], count, 1);
        add(counts_[row.range.last + 1], count, -1);
    }

    static void add(Counts& to, const Counts& count, std::int64_t times) {
        to.entries += times * count.entries;
        to.files += times * count.files;
        to.bytes += times * count.bytes;
    }

    // counts_ say by how much each snapshot differs from the one before.
    void update_snapshots() {
        Counts gone;
        for (std::size_t place = 0; place < numbers_.size(); ++place) {
            add(gone, counts_[place], 1);
            if (gone.entries == 0) continue;
            ++result_.snapshots;
            update_.bind(1, numbers_[place]).bind(2, gone.entries).bind(3, gone.files).bind(4, gone.bytes).run();
        }
    }

    const PathPattern& pattern_;
    const Source& source_;
    PurgeResult& result_;
    std::vector<SnapshotNumber> numbers_;
    std::vector<Counts> counts_;
    sqlite::Statement rows_;
    sqlite::Statement note_;
    sqlite::Statement update_;
    std::vector<Folder> folders_;
    std::unordered_map<NodeId, std::vector<Range>> visited_;
    std::string listed_path_;
    std::size_t listed_last_ = 0;
    std::vector<std::string> standing_;
    std::uint64_t standing_count_ = 0;
};

[[noreturn]] void refuse_standing(const Walk& walk) {
    std::string paths;
    for (const auto& path : walk.standing()) paths += (paths.empty() ? "" : ", ") + os::printable(path);
    if (walk.standing_count() > walk.standing().size())
        paths += fmt::format(" and {} more", walk.standing_count() - walk.standing().size());
    throw Error(ErrorCode::usage,
                fmt::format("the newest snapshot of its source, {}, still holds {}", walk.newest(), paths),
                "Remove it there, run `kist backup`, and forget the path then.");
}

// Takes one range of snapshots after the other from a row. The part behind keeps the row's id.
class Shortener {
  public:
    explicit Shortener(sqlite::Database& catalog)
        : catalog_(catalog),
          read_(catalog.prepare(fmt::format("SELECT {} FROM main.entry WHERE id = ?", kEntryColumns))),
          insert_(catalog.prepare(entry_insertion())),
          begin_later_(catalog.prepare("UPDATE main.entry SET first = ?2 WHERE id = ?1")),
          end_earlier_(catalog.prepare("UPDATE main.entry SET last = ?2 WHERE id = ?1")),
          remove_(catalog.prepare("DELETE FROM main.entry WHERE id = ?")) {}

    // false: nothing is left of it.
    bool shorten(EntryId id, SnapshotNumber first, SnapshotNumber last) {
        if (!read_.bind(1, id).step()) throw Error(ErrorCode::damaged, fmt::format("row {} is gone", id));
        auto entry = read_entry(read_);
        read_.reset();
        const auto& numbers = numbers_of(entry.source);
        const auto begin = std::ranges::lower_bound(numbers, first);
        const auto end = std::ranges::upper_bound(numbers, last);
        const bool has_front = begin != numbers.begin() && *(begin - 1) >= entry.first;
        const bool has_back = end != numbers.end() && (!entry.last || *end <= *entry.last);
        if (!has_front && !has_back) remove_.bind(1, id).run();
        if (has_front && !has_back) end_earlier_.bind(1, id).bind(2, *(begin - 1)).run();
        if (has_front && has_back) insert_front(entry, *(begin - 1));
        if (has_back) begin_later_.bind(1, id).bind(2, *end).run();
        return has_front || has_back;
    }

  private:
    const std::vector<SnapshotNumber>& numbers_of(SourceId source) {
        const auto found = numbers_.find(source);
        return found != numbers_.end() ? found->second
                                       : numbers_.emplace(source, snapshots_of(catalog_, source)).first->second;
    }

    void insert_front(Entry entry, SnapshotNumber last) {
        entry.id = 0;
        entry.last = last;
        const auto attributes = encode_attributes(entry.metadata);
        bind_entry(insert_, entry, attributes);
        insert_.run();
    }

    sqlite::Database& catalog_;
    sqlite::Statement read_;
    sqlite::Statement insert_;
    sqlite::Statement begin_later_;
    sqlite::Statement end_earlier_;
    sqlite::Statement remove_;
    std::unordered_map<SourceId, std::vector<SnapshotNumber>> numbers_;
};

}  // namespace

void list_purged(sqlite::Database& catalog, const PurgeRequest& request, const std::vector<Source>& sources,
                 PurgeResult& result) {
    for (const auto& source : sources) {
        Walk walk(catalog, request.pattern, source, result);
        walk.run();
        if (walk.standing_count() > 0) refuse_standing(walk);
    }
}

void remove_purged(sqlite::Database& catalog, Removed& removed) {
    catalog.execute(
        "INSERT OR IGNORE INTO plan.freed SELECT content FROM main.entry WHERE content IS NOT NULL "
        "AND id IN (SELECT entry FROM plan.purged)");
    Shortener shortener(catalog);
    auto purged = catalog.prepare("SELECT entry, first, last FROM plan.purged ORDER BY entry, first");
    while (purged.step())
        if (!shortener.shorten(purged.integer(0), purged.integer(1), purged.integer(2))) ++removed.entries;
}

}  // namespace kist::repository
