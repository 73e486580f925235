#include "kist/look/path_log.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace kist::look {
namespace {

using repository::Entry;
using repository::Position;
using repository::Stay;
using repository::Timeline;

bool stands_at(const Timeline& timeline, const Entry& entry, Position at) {
    const auto span = timeline.span_of(entry);
    return span && span->first <= at && at <= span->last;
}

bool is_same_file(const Entry& a, const Entry& b) {
    if (a.metadata.type != b.metadata.type) return false;
    if (a.metadata.type == os::FileType::directory) return a.node == b.node;
    return a.identity.device == b.identity.device && a.identity.inode == b.identity.inode;
}

class PathLog {
  public:
    PathLog(Timeline& timeline, std::string_view path, Position until)
        : timeline_(timeline), path_(path), until_(until) {}

    std::vector<Version> read() {
        auto stays = timeline_.stays(path_);
        std::erase_if(stays, [&](const Stay& stay) { return stay.span.first > until_; });
        add_all(path_, stays, 0);
        while (!origins_.empty()) {
            const auto origin = std::move(origins_.back());
            origins_.pop_back();
            follow(origin);
        }
        std::ranges::stable_sort(versions_, std::greater<>(), &Version::first);
        return std::move(versions_);
    }

  private:
    struct Origin {
        std::string path;
        Position at = 0;  // in which it stood there last
    };

    // from: what stands before it is only compared with.
    void add_all(const std::string& path, const std::vector<Stay>& stays, std::size_t from) {
        for (auto at = from; at < stays.size(); ++at) {
            const auto& stay = stays[at];
            const bool goes_on = at + 1 < stays.size() && stays[at + 1].span.first == stay.span.last + 1;
            const bool adjoins = at > 0 && stays[at - 1].span.last + 1 == stay.span.first;
            add_version(path, stay, adjoins ? &stays[at - 1].entry : nullptr);
            if (!goes_on && path == path_ && stay.span.last < until_) add_end(path, stay);
        }
    }

    void add_version(const std::string& path, const Stay& stay, const Entry* before) {
        if (!added_.emplace(path, stay.span.first).second) return;
        Version version{path, stay.span.first, stay.span.last, Event::appeared, stay.entry, {}, {}, {}};
        if (before != nullptr) {
            version.event = Event::changed;
            version.difference = difference_of(*before, stay.entry);
        }
        if (before == nullptr || !is_same_file(*before, stay.entry)) note_origin(version);
        versions_.push_back(std::move(version));
    }

    void note_origin(Version& version) {
        if (version.first == 0) return;
        const auto before = version.first - 1;
        const auto origin = find_elsewhere(*version.entry, version.first, before);
        if (!origin) return;
        version.renamed_from = timeline_.path(*origin, before);
        if (version.event == Event::appeared) version.difference = difference_of(*origin, *version.entry);
        origins_.push_back({*version.renamed_from, before});
    }

    void add_end(const std::string& path, const Stay& stay) {
        const auto after = stay.span.last + 1;
        Version version{path, after, after, Event::gone, {}, {}, {}, {}};
        if (const auto found = find_elsewhere(stay.entry, stay.span.last, after))
            version.renamed_to = timeline_.path(*found, after);
        versions_.push_back(std::move(version));
    }

    // What an entry that stands at `here` was, or became, at `there`. Another name that stands at both is a hard link.
    std::optional<Entry> find_elsewhere(const Entry& entry, Position here, Position there) {
        auto found = timeline_.same_thing(entry, there);
        if (found.size() != 1) return std::nullopt;
        if (found.front().id != entry.id && stands_at(timeline_, found.front(), here)) return std::nullopt;
        if (timeline_.same_thing(entry, here).size() != 1 && entry.metadata.type != os::FileType::directory)
            return std::nullopt;
        return std::move(found.front());
    }

    // The versions under an older name, back to when it got it.
    void follow(const Origin& origin) {
        if (origin.path == path_) return;  // all of them are there
        auto stays = timeline_.stays(origin.path);
        std::erase_if(stays, [&](const Stay& stay) { return stay.span.first > origin.at; });
        if (stays.empty()) return;
        auto from = stays.size() - 1;
        stays.back().span.last = std::min(stays.back().span.last, origin.at);
        while (from > 0 && stays[from - 1].span.last + 1 == stays[from].span.first &&
               is_same_file_or_successor(stays[from - 1].entry, stays[from].entry, stays[from].span.first))
            --from;
        add_all(origin.path, stays, from);
    }

    // An editor that writes a file anew gives it another inode; one that was moved there is another file.
    bool is_same_file_or_successor(const Entry& before, const Entry& after, Position at) {
        if (is_same_file(before, after)) return true;
        return before.metadata.type == after.metadata.type && before.metadata.type != os::FileType::directory &&
               !find_elsewhere(after, at, at - 1) && !find_elsewhere(before, at - 1, at);
    }

    Timeline& timeline_;
    std::string path_;
    Position until_;
    std::vector<Version> versions_;
    std::set<std::pair<std::string, Position>> added_;
    std::vector<Origin> origins_;
};

}  // namespace

std::vector<Version> log_of(Timeline& timeline, std::string_view path, Position until) {
    return PathLog(timeline, path, until).read();
}

}  // namespace kist::look
