#include "kist/browse/snapshot_tree.hpp"

#include "kist/base/error.hpp"

#include "browse/tree_catalogs.hpp"
#include "browse/tree_contents.hpp"
#include "browse/tree_index.hpp"
#include "browse/tree_number.hpp"
#include "browse/tree_status.hpp"

#include <cerrno>
#include <mutex>
#include <unordered_map>

namespace kist::browse {
namespace {

using namespace std::chrono_literals;
using repository::Entry;
using repository::Snapshot;

constexpr const char* kLatest = "latest";
constexpr std::chrono::seconds kBriefly = 1s;  // what is new may be seen as late
constexpr std::chrono::seconds kLong = 1h;     // a snapshot does not change; what is purged from it cannot be opened

Error stale() {
    return Error::from_errno(ESTALE, "it was forgotten");
}

Error wrong_kind(int error) {
    return Error::from_errno(error, "no such call for this kind of file");
}

std::string last_component(const std::string& path) {
    const auto name = path.substr(path.rfind('/') + 1);
    return name.empty() ? "root" : name;
}

}  // namespace

struct SnapshotTree::State {
    State(const repository::Repository& of, std::optional<TreeRoot> top)
        : repository(of),
          catalogs(of),
          contents(of, catalogs),
          index_catalog_(of.open_catalog()),
          root(place_of_root(top)) {}

    // As of now.
    std::shared_ptr<const TreeIndex> index() {
        const std::lock_guard lock(mutex_);
        if (const auto now = index_catalog_.version(); !current_ || now != version_) {
            const repository::Catalog::Reading reading(index_catalog_);
            version_ = index_catalog_.version();
            current_ = std::make_shared<const TreeIndex>(index_catalog_.sources(), index_catalog_.snapshots());
        }
        return current_;
    }

    const repository::Repository& repository;
    TreeCatalogs catalogs;
    TreeContents contents;

  private:
    Place place_of_root(std::optional<TreeRoot> top) {
        if (!top) return {};
        const auto entry = index_catalog_.find_entry(index_catalog_.snapshot(top->snapshot), top->entry);
        if (!entry) throw stale();
        const bool is_folder = entry->metadata.type == os::FileType::directory;
        return {is_folder ? PlaceKind::entry : PlaceKind::wrapping, top->snapshot, top->entry};
    }

    std::mutex mutex_;
    repository::Catalog index_catalog_;
    std::int64_t version_ = 0;
    std::shared_ptr<const TreeIndex> current_;

  public:
    const Place root;
};

// One request: what the index says now, and a catalog.
class SnapshotTree::Call {
  public:
    explicit Call(State& state) : state_(state), index_(state.index()), catalog_(state.catalogs.lease()) {}

    // Errors: ESTALE for numbers that mean nothing.
    Place place(fuse::NodeNumber number) const {
        const auto place = number == fuse::kRootNode ? state_.root : place_of(number);
        if (!place) throw stale();
        return *place;
    }

    fuse::Node node(const Place& place) {
        switch (place.kind) {
            case PlaceKind::top:
                return made_folder(place, index_->newest());
            case PlaceKind::host:
                return made_folder(place, host(place).newest);
            case PlaceKind::source:
                return made_folder(place, source(place).newest);
            case PlaceKind::latest:
                return made_link(place);
            case PlaceKind::wrapping:
                return made_folder(place, snapshot(place).finished);
            case PlaceKind::entry:
                break;
        }
        return node_of(snapshot(place), entry(place));
    }

    std::optional<fuse::Node> find(const Place& place, std::string_view name) {
        switch (place.kind) {
            case PlaceKind::top:
                return find_folder(index_->hosts(), PlaceKind::host, name);
            case PlaceKind::host:
                return find_folder(host(place).sources, PlaceKind::source, name);
            case PlaceKind::source:
                return find_snapshot(place, name);
            case PlaceKind::wrapping:
                return find_wrapped(place, name);
            case PlaceKind::latest:
                throw wrong_kind(ENOTDIR);
            case PlaceKind::entry:
                break;
        }
        return find_entry(place, name);
    }

    fuse::Listing list(const Place& place) {
        return place.kind == PlaceKind::entry ? list_entry(place) : list_made(place);
    }

    std::string link_target(const Place& place) {
        if (place.kind == PlaceKind::latest) return source(place).latest;
        const auto found = entry_or_wrong_kind(place, os::FileType::symlink, EINVAL);
        return found.metadata.symlink_target;
    }

    repository::Content content(const Place& place) {
        const auto found = entry_or_wrong_kind(place, os::FileType::regular, EISDIR);
        auto content = catalog_->content(*found.content);
        if (content.size != found.metadata.size)
            throw Error(ErrorCode::damaged, "the catalog is damaged: two sizes of one file");
        return content;
    }

    os::ExtendedAttributes attributes(const Place& place) {
        if (place.kind != PlaceKind::entry) return {};
        return entry(place).metadata.attributes;
    }

  private:
    template <typename Folder>
    static const Folder& existing(const Folder* folder) {
        if (folder == nullptr) throw stale();
        return *folder;
    }
    const TreeIndex::HostFolder& host(const Place& place) const { return existing(index_->host(place.id)); }
    const TreeIndex::SourceFolder& source(const Place& place) const { return existing(index_->source(place.id)); }
    const Snapshot& snapshot(const Place& place) const { return existing(index_->snapshot(place.snapshot)); }

    Entry entry(const Place& place) {
        auto found = catalog_->find_entry(snapshot(place), place.id);
        if (!found) throw stale();
        return std::move(*found);
    }

    Entry entry_or_wrong_kind(const Place& place, os::FileType type, int error) {
        if (place.kind != PlaceKind::entry) throw wrong_kind(error);
        auto found = entry(place);
        if (found.metadata.type != type) throw wrong_kind(error);
        return found;
    }

    // ---- the levels above the snapshots' own files

    fuse::Node made_folder(const Place& place, Timestamp time) const {
        return {number(place), folder_status(number(place), time), kBriefly};
    }

    fuse::Node made_link(const Place& place) const {
        const auto& folder = source(place);
        return {number(place), link_status(number(place), folder.latest.size(), folder.newest), kBriefly};
    }

    static fuse::NodeNumber number(const Place& place) {
        const auto number = number_of(place);
        if (!number) throw Error::from_errno(EOVERFLOW, "a row of the catalog has an impossible number");
        return *number;
    }

    std::optional<fuse::Node> find_folder(const Names<repository::SourceId>& folders, PlaceKind kind,
                                          std::string_view name) {
        const auto found = folders.find(name);
        if (found == folders.end()) return std::nullopt;
        return node({kind, 0, found->second});
    }

    std::optional<fuse::Node> find_snapshot(const Place& place, std::string_view name) {
        if (name == kLatest) return node({PlaceKind::latest, 0, place.id});
        const auto& snapshots = source(place).snapshots;
        const auto found = snapshots.find(name);
        if (found == snapshots.end()) return std::nullopt;
        return snapshot_node(existing(index_->snapshot(found->second)));
    }

    std::optional<fuse::Node> find_wrapped(const Place& place, std::string_view name) {
        auto [its_name, node] = wrapped(place);
        if (its_name != name) return std::nullopt;
        return node;
    }

    fuse::Listing list_made(const Place& place) {
        fuse::Listing listing{{}, kBriefly};
        const auto add = [&](const std::string& name, const Place& below) {
            listing.nodes.push_back({name, node(below)});
        };
        if (place.kind == PlaceKind::top)
            for (const auto& [name, id] : index_->hosts()) add(name, {PlaceKind::host, 0, id});
        if (place.kind == PlaceKind::host)
            for (const auto& [name, id] : host(place).sources) add(name, {PlaceKind::source, 0, id});
        if (place.kind == PlaceKind::source) list_snapshots(place, listing);
        if (place.kind == PlaceKind::wrapping) listing.nodes.push_back(wrapped(place));
        if (place.kind == PlaceKind::latest) throw wrong_kind(ENOTDIR);
        return listing;
    }

    // A snapshot without a root, in a damaged catalog, does not hide the others.
    void list_snapshots(const Place& place, fuse::Listing& listing) {
        for (const auto& [name, number] : source(place).snapshots) {
            try {
                listing.nodes.push_back({name, snapshot_node(existing(index_->snapshot(number)))});
            } catch (const Error& error) {
                if (error.code() != ErrorCode::damaged) throw;
                listing.is_complete = false;
            }
        }
        listing.nodes.push_back({kLatest, node({PlaceKind::latest, 0, place.id})});
    }

    fuse::Node snapshot_node(const Snapshot& snapshot) {
        const auto root = catalog_->root(snapshot);
        if (root.metadata.type != os::FileType::directory) return node({PlaceKind::wrapping, snapshot.number, 0});
        auto node = node_of(snapshot, root);
        node.lifetime = kBriefly;
        return node;
    }

    fuse::NamedNode wrapped(const Place& place) {
        const auto& in = snapshot(place);
        const auto file = place.id == 0 ? catalog_->root(in) : entry(place);
        return {last_component(file.name), node_of(in, file)};
    }

    // ---- the snapshots' own files

    repository::NodeId directory(const Place& place) {
        return *entry_or_wrong_kind(place, os::FileType::directory, ENOTDIR).node;
    }

    std::optional<fuse::Node> find_entry(const Place& place, std::string_view name) {
        const auto& in = snapshot(place);
        const auto found = catalog_->find(in, directory(place), name);
        if (!found) return std::nullopt;
        return node_of(in, *found);
    }

    // What is damaged is left out, and the others are shown.
    fuse::Listing list_entry(const Place& place) {
        const auto& in = snapshot(place);
        fuse::Listing listing{{}, kLong};
        std::vector<Entry> entries;
        try {
            catalog_->list(in, directory(place), [&](Entry&& entry) { entries.push_back(std::move(entry)); });
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            listing.is_complete = false;
        }
        for (const auto& entry : entries) {
            if (number_of({PlaceKind::entry, in.number, entry.id}))
                listing.nodes.push_back({entry.name, node_of(in, entry)});
            else
                listing.is_complete = false;
        }
        return listing;
    }

    // Names of one file have one number: that of the group's lowest row.
    fuse::Node node_of(const Snapshot& snapshot, const Entry& entry) {
        repository::LinkGroup group{entry.id, 1};
        if (entry.node && entry.metadata.type != os::FileType::directory) group = link_group(snapshot, *entry.node);
        const auto its = number({PlaceKind::entry, snapshot.number, group.lowest});
        auto status = entry_status(its, entry, group.count);
        if (entry.metadata.has_holes && entry.content)
            status.allocated = allocated(*entry.content, entry.metadata.size);
        return {its, status, kLong};
    }

    repository::LinkGroup link_group(const Snapshot& snapshot, repository::NodeId node) {
        const auto [known, is_new] = link_groups_.try_emplace(node);
        if (is_new) known->second = catalog_->link_group(snapshot, node);
        return known->second;
    }

    std::uint64_t allocated(repository::ContentId content, std::uint64_t size) {
        return allocated_bytes(state_.repository, *catalog_, content, size);
    }

    State& state_;
    const std::shared_ptr<const TreeIndex> index_;
    TreeCatalogs::Lease catalog_;
    std::unordered_map<repository::NodeId, repository::LinkGroup> link_groups_;  // of one snapshot
};

SnapshotTree::SnapshotTree(const repository::Repository& repository, std::optional<TreeRoot> root)
    : state_(std::make_unique<State>(repository, root)) {}

SnapshotTree::~SnapshotTree() = default;

fuse::Node SnapshotTree::status(fuse::NodeNumber number) {
    Call call(*state_);
    return call.node(call.place(number));
}

std::optional<fuse::Node> SnapshotTree::find(fuse::NodeNumber directory, std::string_view name) {
    Call call(*state_);
    return call.find(call.place(directory), name);
}

fuse::Listing SnapshotTree::list(fuse::NodeNumber directory) {
    Call call(*state_);
    return call.list(call.place(directory));
}

std::string SnapshotTree::link_target(fuse::NodeNumber symlink) {
    Call call(*state_);
    return call.link_target(call.place(symlink));
}

std::unique_ptr<fuse::OpenFile> SnapshotTree::open(fuse::NodeNumber file) {
    Call call(*state_);
    return state_->contents.open(call.content(call.place(file)));
}

os::ExtendedAttributes SnapshotTree::attributes(fuse::NodeNumber number) {
    Call call(*state_);
    return call.attributes(call.place(number));
}

}  // namespace kist::browse
