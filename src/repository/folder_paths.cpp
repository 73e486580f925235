#include "kist/repository/folder_paths.hpp"

#include "kist/base/error.hpp"

#include "repository/catalog_statements.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace kist::repository {
namespace {

// More steps than any filesystem has levels: a climb that takes longer goes round in a circle.
constexpr std::size_t kDeepest = 1U << 16U;
// Folders of one chain that were renamed at different times. Each makes the span shorter.
constexpr unsigned kMostSplits = 2000;
constexpr std::size_t kMostRemembered = 64U << 20U;  // bytes

Error no_way_up(NodeId node) {
    return {ErrorCode::damaged, fmt::format("the catalog is damaged: directory {} has no way up to its source", node)};
}

std::string join(const std::string& folder, std::string_view name) {
    std::string path;
    path.reserve(folder.size() + 1 + name.size());
    path += folder;
    if (!path.ends_with('/')) path += '/';
    return path.append(name);
}

// A row of a folder, in the snapshots that are asked about.
struct FolderRow {
    NodeId directory = 0;
    std::string name;
    Span span;
};

struct Key {
    NodeId node = 0;
    Span span;
    friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHasher {
    std::size_t operator()(const Key& key) const noexcept {
        constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;
        return ((static_cast<std::uint64_t>(key.node) * kMix ^ key.span.first) * kMix ^ key.span.last) * kMix;
    }
};

using Places = std::vector<Place>;

void append(Places& places, std::string path, Span span) {
    if (!places.empty() && places.back().path == path)
        places.back().span.last = span.last;
    else
        places.push_back({std::move(path), span});
}

}  // namespace

class FolderPaths::Climb {
  public:
    Climb(Catalog& catalog, const Timeline& timeline) : catalog_(catalog), timeline_(timeline) {}

    const Places& places_of(NodeId node, Span span) {
        if (remembered_bytes_ > kMostRemembered) {
            known_.clear();
            remembered_bytes_ = 0;
        }
        return resolve(node, span, 0);
    }

  private:
    struct Step {
        NodeId node = 0;
        std::string name;
    };

    const Places& resolve(NodeId node, Span span, unsigned splits) {
        if (splits > kMostSplits) throw no_way_up(node);
        std::vector<Step> climbed;
        auto at = node;
        const Places* above = find(at, span);
        while (above == nullptr) {
            if (climbed.size() == kDeepest) throw no_way_up(node);
            auto rows = rows_of(at, span);
            if (rows.size() > 1 || rows.front().directory < 0) {
                above = &remember(at, span, places_of_rows(rows, splits));
            } else {
                climbed.push_back({at, std::move(rows.front().name)});
                at = rows.front().directory;
                above = find(at, span);
            }
        }
        for (auto step = climbed.rbegin(); step != climbed.rend(); ++step) {
            Places below;
            for (const auto& place : *above) below.push_back({join(place.path, step->name), place.span});
            above = &remember(step->node, span, std::move(below));
        }
        return *above;
    }

    Places places_of_rows(const std::vector<FolderRow>& rows, unsigned splits) {
        Places places;
        for (const auto& row : rows) {
            if (row.directory < 0)
                append(places, row.name, row.span);
            else
                for (const auto& above : resolve(row.directory, row.span, splits + 1))
                    append(places, join(above.path, row.name), above.span);
        }
        return places;
    }

    // They fill the span, one after the other.
    std::vector<FolderRow> rows_of(NodeId node, Span span) {
        std::vector<FolderRow> rows;
        auto query = catalog_.statements_->query(
            "SELECT directory, name, first, last FROM entry WHERE node = ?1 AND type = 1 AND source = ?2");
        query->bind(1, node).bind(2, timeline_.source().id);
        while (query->step()) {
            const auto own = timeline_.span_of(query->integer(2), query->optional_integer(3));
            if (!own || own->last < span.first || own->first > span.last) continue;
            FolderRow row{query->integer(0),
                          std::string(query->text(1)),
                          {std::max(own->first, span.first), std::min(own->last, span.last)}};
            require_entry_name(row.directory, row.name);
            rows.push_back(std::move(row));
        }
        std::ranges::sort(rows, {}, [](const FolderRow& row) { return row.span.first; });
        auto next = span.first;
        for (const auto& row : rows) {
            if (row.span.first != next) throw no_way_up(node);
            next = row.span.last + 1;
        }
        if (next != span.last + 1) throw no_way_up(node);
        return rows;
    }

    const Places* find(NodeId node, Span span) const {
        const auto found = known_.find({node, span});
        return found == known_.end() ? nullptr : &found->second;
    }

    const Places& remember(NodeId node, Span span, Places&& places) {
        for (const auto& place : places) remembered_bytes_ += place.path.size() + sizeof(Place);
        return known_.insert_or_assign(Key{node, span}, std::move(places)).first->second;
    }

    Catalog& catalog_;
    const Timeline& timeline_;
    std::unordered_map<Key, Places, KeyHasher> known_;
    std::size_t remembered_bytes_ = 0;
};

FolderPaths::FolderPaths(Catalog& catalog, const Timeline& timeline)
    : climb_(std::make_unique<Climb>(catalog, timeline)) {}
FolderPaths::FolderPaths(FolderPaths&&) noexcept = default;
FolderPaths::~FolderPaths() = default;

std::vector<Place> FolderPaths::places(const Entry& entry, Span span) {
    if (entry.directory < 0) return {{entry.name, span}};
    auto places = climb_->places_of(entry.directory, span);
    for (auto& place : places) place.path = join(place.path, entry.name);
    return places;
}

}  // namespace kist::repository
