#include "kist/look/search.hpp"

#include "kist/base/deferred_damage.hpp"
#include "kist/repository/folder_paths.hpp"
#include "kist/repository/name_scan.hpp"

#include "look/hit_order.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace kist::look {
namespace {

using repository::Entry;
using repository::FolderPaths;
using repository::NamedRow;
using repository::NameScan;
using repository::NodeId;
using repository::Span;
using repository::Timeline;

constexpr std::size_t kFewRows = 50'000;  // each costs more than one of all that are scanned, but those are millions

// Of a source's root the path's.
std::string_view last_name(std::string_view name) {
    return name.substr(name.rfind('/') + 1);  // all of it where there is none
}

struct SearchedSource {
    SearchedSource(repository::Catalog& catalog, const repository::Source& source)
        : timeline(std::make_unique<Timeline>(catalog, source)), paths(catalog, *timeline) {}
    std::unique_ptr<Timeline> timeline;
    FolderPaths paths;
};

class Search {
  public:
    Search(repository::Catalog& catalog, const Wanted& wanted, const HitOrder::Visit& visit)
        : catalog_(catalog), wanted_(wanted), names_(catalog), hits_(kMostInOrder, visit) {}

    void run(const std::vector<repository::Source>& sources) {
        for (const auto& source : sources) sources_.try_emplace(source.id, catalog_, source);
        if (wanted_.globs.empty() && has_conditions()) fitting_ = names_.rows_that_fit(conditions());
        const auto is_wanted = [this](const NamedRow& row) { return may_fit(row); };
        const auto visit = [this](Entry&& entry) { take(std::move(entry)); };
        damage_.attempt([&] {
            if (fitting_ && fitting_->size() <= kFewRows)
                names_.scan(*std::exchange(fitting_, {}), is_wanted, visit);
            else
                names_.scan(is_wanted, visit);
        });
        finish_name();
        hits_.finish();
        damage_.surface();
    }

  private:
    bool has_conditions() const {
        return !wanted_.types.empty() || wanted_.smallest || wanted_.largest || wanted_.after || wanted_.until ||
               wanted_.in_snapshot || wanted_.changed_in;
    }

    repository::RowConditions conditions() const {
        return {wanted_.types, wanted_.smallest,    wanted_.largest,   wanted_.after,
                wanted_.until, wanted_.in_snapshot, wanted_.changed_in};
    }

    // What can be said without the row.
    bool may_fit(const NamedRow& row) {
        if (!is_wanted_name(row.name)) return false;
        if (fitting_ && !std::ranges::binary_search(*fitting_, row.id)) return false;
        return !wanted_.regex || may_match(row, *wanted_.regex);
    }

    bool may_match(const NamedRow& row, const PathRegex& regex) {
        if (row.directory < 0) return regex.matches(row.name);
        if (row.directory != directory_) {
            directory_ = row.directory;
            folders_ = names_.possible_paths(row.directory);
            for (auto& folder : folders_)
                if (!folder.ends_with('/')) folder += '/';
        }
        return folders_.empty() || std::ranges::any_of(folders_, [&](const std::string& folder) {
                   path_.assign(folder).append(row.name);
                   return regex.matches(path_);
               });
    }

    bool is_wanted_name(std::string_view name) const {
        const auto last = name.starts_with('/') ? last_name(name) : name;
        return wanted_.globs.empty() ||
               std::ranges::any_of(wanted_.globs, [&](const PathGlob& glob) { return glob.may_match_name(last); });
    }

    // Rows of one name in one directory are kept until all are there.
    void take(Entry&& entry) {
        const auto source = sources_.find(entry.source);
        if (source == sources_.end()) return;
        if (!rows_.empty() && (rows_.front().directory != entry.directory || rows_.front().name != entry.name ||
                               rows_.front().source != entry.source))
            finish_name();
        if (fits(*source->second.timeline, entry)) rows_.push_back(std::move(entry));
    }

    bool fits(Timeline& timeline, const Entry& entry) const {
        const auto& metadata = entry.metadata;
        const bool is_regular = metadata.type == os::FileType::regular;
        const bool has_size = wanted_.smallest || wanted_.largest;
        if (!wanted_.types.empty() && std::ranges::find(wanted_.types, metadata.type) == wanted_.types.end())
            return false;
        if (has_size && (!is_regular || metadata.size < wanted_.smallest.value_or(0) ||
                         metadata.size > wanted_.largest.value_or(~std::uint64_t{0})))
            return false;
        if ((wanted_.after && metadata.mtime <= *wanted_.after) || (wanted_.until && metadata.mtime > *wanted_.until))
            return false;
        if (wanted_.in_snapshot && !holds(entry, *wanted_.in_snapshot)) return false;
        return !wanted_.changed_in || (is_regular && entry.first == *wanted_.changed_in && is_new(timeline, entry));
    }

    static bool holds(const Entry& entry, repository::SnapshotNumber number) {
        return entry.first <= number && (!entry.last || *entry.last >= number);
    }

    bool is_new(Timeline& timeline, const Entry& entry) const {
        const auto at = timeline.position(entry.first);
        if (at == 0) return true;
        const auto before = catalog_.find(timeline.snapshots().at(at - 1), entry.directory, entry.name);
        if (before && before->content == entry.content) return false;
        return timeline.same_thing(entry, at - 1).empty();
    }

    void finish_name() {
        if (rows_.empty()) return;
        auto& source = sources_.at(rows_.front().source);
        const auto rows = std::exchange(rows_, {});
        damage_.attempt([&] {
            for (auto& hit : hits_of(source, rows)) hits_.add(*source.timeline, std::move(hit));
        });
    }

    std::vector<Hit> hits_of(SearchedSource& source, const std::vector<Entry>& rows) const {
        std::vector<Hit> found;
        for (const auto& entry : rows) {
            const auto span = source.timeline->span_of(entry);
            if (!span) continue;
            for (auto& place : source.paths.places(entry, *span))
                if (is_wanted_place(*source.timeline, place, entry))
                    found.push_back({std::move(place.path), place.span, entry});
        }
        std::ranges::sort(found, {}, [](const Hit& hit) { return hit.span.first; });
        return joined(std::move(found));
    }

    bool is_wanted_place(const Timeline& timeline, const repository::Place& place, const Entry& entry) const {
        for (const auto& number : {wanted_.in_snapshot, wanted_.changed_in}) {
            if (!number) continue;
            const auto at = timeline.position(*number);
            if (at < place.span.first || at > place.span.last) return false;
        }
        const bool is_directory = entry.metadata.type == os::FileType::directory;
        const auto matches = [&](const PathGlob& glob) { return glob.matches(place.path, is_directory); };
        if (!wanted_.globs.empty() && std::ranges::none_of(wanted_.globs, matches)) return false;
        return !wanted_.regex || wanted_.regex->matches(place.path);
    }

    // Versions that follow upon each other.
    static std::vector<Hit> joined(std::vector<Hit>&& hits) {
        std::vector<Hit> result;
        for (auto& hit : hits) {
            if (!result.empty() && result.back().path == hit.path && result.back().span.last + 1 == hit.span.first) {
                hit.versions += result.back().versions;
                hit.span.first = result.back().span.first;
                result.back() = std::move(hit);
            } else {
                result.push_back(std::move(hit));
            }
        }
        return result;
    }

    repository::Catalog& catalog_;
    const Wanted& wanted_;
    NameScan names_;
    HitOrder hits_;
    std::unordered_map<repository::SourceId, SearchedSource> sources_;
    std::optional<std::vector<repository::EntryId>> fitting_;  // the only rows that can
    NodeId directory_ = 0;                                     // of the last row that a regex was asked about
    std::vector<std::string> folders_;                         // its possible paths, with a slash at the end
    std::string path_;                                         // a buffer
    std::vector<Entry> rows_;
    DeferredDamage damage_;
};

}  // namespace

void search(repository::Catalog& catalog, const std::vector<repository::Source>& sources, const Wanted& wanted,
            const std::function<void(const Timeline& timeline, Hit&& hit)>& visit) {
    Search(catalog, wanted, visit).run(sources);
}

}  // namespace kist::look
