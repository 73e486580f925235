#include "kist/repository/name_scan.hpp"

#include "kist/base/deferred_damage.hpp"

#include "repository/catalog_statements.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <unordered_map>

namespace kist::repository {
namespace {

constexpr unsigned kDeepest = 500;
constexpr std::size_t kMostPaths = 64;               // of one folder
constexpr std::size_t kMostRemembered = 64U << 20U;  // bytes

using Paths = std::vector<std::string>;

// While many pages are read once each: those of a small cache stay in the CPU's, and it is the kernel that remembers.
class SmallPageCache {
  public:
    explicit SmallPageCache(sqlite::Database& database) : database_(database) {
        auto size = database_.prepare("PRAGMA cache_size");
        if (size.step()) before_ = size.integer(0);
        database_.execute("PRAGMA cache_size = -2048");
    }
    SmallPageCache(const SmallPageCache&) = delete;
    SmallPageCache& operator=(const SmallPageCache&) = delete;
    ~SmallPageCache() {
        try {
            database_.execute(fmt::format("PRAGMA cache_size = {}", before_));
        } catch (const std::exception&) {  // no more than a hint
        }
    }

  private:
    sqlite::Database& database_;
    std::int64_t before_ = 0;
};

// A row of the scan's own state: another process may remove it only from states that come later.
std::optional<Entry> read_row(sqlite::Statement& row, EntryId id) {
    row.reset();
    if (!row.bind(1, id).step()) return std::nullopt;
    return read_entry(row);
}

std::string join(const std::string& folder, const std::string& name) {
    return folder.ends_with('/') ? folder + name : fmt::format("{}/{}", folder, name);
}

std::int64_t as_stored(std::uint64_t size) {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(size, std::numeric_limits<std::int64_t>::max()));
}

std::string condition_of(const RowConditions& wanted) {
    std::string all = "1";
    if (!wanted.types.empty()) {
        std::vector<int> types;
        for (const auto type : wanted.types) types.push_back(static_cast<int>(type));
        all += fmt::format(" AND type IN ({})", fmt::join(types, ", "));
    }
    if (wanted.smallest || wanted.largest) all += " AND type = 0";
    if (wanted.smallest) all += fmt::format(" AND size >= {}", as_stored(*wanted.smallest));
    if (wanted.largest) all += fmt::format(" AND size <= {}", as_stored(*wanted.largest));
    if (wanted.after) all += fmt::format(" AND mtime > {}", nanoseconds(*wanted.after));
    if (wanted.until) all += fmt::format(" AND mtime <= {}", nanoseconds(*wanted.until));
    if (wanted.in_snapshot)
        all += fmt::format(" AND first <= {0} AND (last IS NULL OR last >= {0})", *wanted.in_snapshot);
    if (wanted.since) all += fmt::format(" AND first = {}", *wanted.since);
    return all;
}

}  // namespace

class NameScan::Folders {
  public:
    explicit Folders(sqlite::Database& database)
        : rows_(database.prepare("SELECT directory, name FROM entry WHERE node = ? AND type = 1")) {}

    const Paths& paths_of(NodeId folder) {
        if (const auto found = known_.find(folder); found != known_.end()) return found->second;
        if (remembered_ > kMostRemembered) {
            known_.clear();
            remembered_ = 0;
        }
        if (const auto* paths = resolve(folder, 0)) return *paths;
        return known_[folder] = {};
    }

  private:
    struct Step {
        NodeId directory = 0;
        std::string name;
        friend bool operator==(const Step&, const Step&) = default;
    };

    std::vector<Step> steps_up(NodeId folder) {
        std::vector<Step> steps;  // most folders have one, however many versions there are
        rows_.bind(1, folder);
        while (rows_.step() && steps.size() <= kMostPaths) {
            Step step{rows_.integer(0), std::string(rows_.text(1))};
            if (std::ranges::find(steps, step) == steps.end()) steps.push_back(std::move(step));
        }
        rows_.reset();
        return steps;
    }

    // nullptr: they are not known.
    const Paths* resolve(NodeId folder, unsigned depth) {
        if (const auto found = known_.find(folder); found != known_.end())
            return found->second.empty() ? nullptr : &found->second;
        if (depth == kDeepest) return nullptr;
        Paths paths;
        for (const auto& step : steps_up(folder)) {
            if (step.directory < 0) {
                paths.push_back(step.name);
                continue;
            }
            const auto* above = resolve(step.directory, depth + 1);
            if (above == nullptr) return nullptr;
            for (const auto& path : *above) paths.push_back(join(path, step.name));
            if (paths.size() > kMostPaths) return nullptr;
        }
        if (paths.empty()) return nullptr;
        for (const auto& path : paths) remembered_ += path.size() + sizeof(std::string);
        return &(known_[folder] = std::move(paths));
    }

    sqlite::Statement rows_;
    std::unordered_map<NodeId, Paths> known_;
    std::size_t remembered_ = 0;
};

NameScan::NameScan(Catalog& catalog)
    : catalog_(catalog), reading_(catalog), folders_(std::make_unique<Folders>(catalog.statements_->database)) {}
NameScan::~NameScan() = default;

void NameScan::scan(const std::function<bool(const NamedRow& row)>& is_wanted,
                    const std::function<void(Entry&&)>& visit) {
    auto& database = catalog_.statements_->database;
    const SmallPageCache cache(database);
    auto names = database.prepare(
        "SELECT directory, name, id FROM entry INDEXED BY entry_by_name ORDER BY directory, name, last");
    auto row = database.prepare(fmt::format("SELECT {} FROM entry WHERE id = ?", kEntryColumns));
    const auto find = [&](const sqlite::Statement& at) -> std::optional<Entry> {
        const NamedRow named{at.integer(0), at.text(1), at.integer(2)};
        return is_wanted(named) ? read_row(row, named.id) : std::nullopt;
    };
    visit_sound_rows(names, find, [&](std::optional<Entry>&& entry) {
        if (entry) visit(std::move(*entry));
    });
}

void NameScan::scan(const std::vector<EntryId>& ids, const std::function<bool(const NamedRow& row)>& is_wanted,
                    const std::function<void(Entry&&)>& visit) {
    auto& database = catalog_.statements_->database;
    auto named = database.prepare("SELECT directory, name, last FROM entry WHERE id = ?");
    std::vector<std::tuple<NodeId, std::string, std::optional<std::int64_t>, EntryId>> rows;
    for (const auto id : ids) {
        named.bind(1, id);
        if (named.step()) rows.emplace_back(named.integer(0), named.text(1), named.optional_integer(2), id);
        named.reset();
    }
    std::ranges::sort(rows);
    auto row = database.prepare(fmt::format("SELECT {} FROM entry WHERE id = ?", kEntryColumns));
    DeferredDamage damage;
    for (const auto& [directory, name, last, id] : rows) {
        const NamedRow named_row{directory, name, id};
        std::optional<Entry> entry;
        damage.attempt([&] {
            if (is_wanted(named_row)) entry = read_row(row, named_row.id);
        });
        if (entry) visit(std::move(*entry));
    }
    damage.surface();
}

std::vector<EntryId> NameScan::rows_that_fit(const RowConditions& conditions) {
    std::vector<EntryId> ids;
    auto rows = catalog_.statements_->database.prepare(
        fmt::format("SELECT id FROM entry NOT INDEXED WHERE {} ORDER BY id", condition_of(conditions)));
    while (rows.step()) ids.push_back(rows.integer(0));
    return ids;
}

const std::vector<std::string>& NameScan::possible_paths(NodeId folder) {
    return folders_->paths_of(folder);
}

}  // namespace kist::repository
