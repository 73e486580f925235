#include "kist/repository/snapshot_name.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "repository/time_text.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

namespace kist::repository {
namespace {

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

// latest is 0, latest~2 is 2.
std::optional<std::size_t> parse_latest(std::string_view name) {
    constexpr std::string_view kLatest = "latest";
    if (!name.starts_with(kLatest)) return std::nullopt;
    name.remove_prefix(kLatest.size());
    if (name.empty()) return 0;
    if (!name.starts_with('~')) return std::nullopt;
    const auto back = parse_number(name.substr(1));
    return back ? std::optional(static_cast<std::size_t>(*back)) : std::nullopt;
}

bool is_snapshot_name(std::string_view text) {
    return parse_number(text) || parse_latest(text) || parse_time_span(text, Timestamp{});
}

// Without empty and "." components; ".." is refused, because what it leads to depends on symlinks.
std::string normal_path(std::string_view path) {
    std::string normal;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const auto name = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (name == "..") throw Error(ErrorCode::usage, "a path in a snapshot cannot have .. in it");
        if (!name.empty() && name != ".") normal.append("/").append(name);
    }
    return normal.empty() ? "/" : normal;
}

Error relative_path_error(std::string_view snapshot, std::string_view path) {
    const auto absolute = (std::filesystem::current_path() / path).lexically_normal().string();
    return {ErrorCode::usage, fmt::format("the path in a snapshot has to be absolute: {}", os::printable(path)),
            fmt::format("Did you mean {}:{} ?", os::printable(snapshot), os::printable(absolute))};
}

bool holds(const Source& source, std::string_view path) {
    if (source.path == "/" || path == source.path) return true;
    return path.size() > source.path.size() && path.starts_with(source.path) && path[source.path.size()] == '/';
}

std::string shown(const Source& source) {
    return fmt::format("{}:{}", os::printable(source.host), os::printable(source.path));
}

// The snapshots that a name counts within: all of one source, oldest first.
class Candidates {
  public:
    Candidates(const SnapshotQuery& query, const std::vector<Source>& sources, const std::vector<Snapshot>& snapshots)
        : query_(query), snapshots_(snapshots) {
        for (const auto& source : sources)
            if (has_snapshots(source) && is_wanted(source)) sources_.push_back(&source);
        if (query.path) prefer(query.host);
        if (query.host.empty()) prefer(query.this_host);
    }

    std::vector<Snapshot> of_the_only_source() const {
        if (sources_.empty()) throw nothing_there();
        if (sources_.size() > 1) throw ambiguous();
        std::vector<Snapshot> found;
        std::ranges::copy_if(snapshots_, std::back_inserter(found),
                             [&](const auto& snapshot) { return snapshot.source == sources_.front()->id; });
        std::ranges::sort(found, {}, &Snapshot::number);
        return found;
    }

  private:
    bool has_snapshots(const Source& source) const {
        return std::ranges::any_of(snapshots_, [&](const auto& snapshot) { return snapshot.source == source.id; });
    }

    bool is_wanted(const Source& source) const {
        if (!query_.source_name.empty() && query_.source_name != source.name && query_.source_name != source.path)
            return false;
        if (query_.path) return holds(source, *query_.path);
        return query_.host.empty() || query_.host == source.host;
    }

    void prefer(const std::string& host) {
        const auto is_elsewhere = [&](const Source* source) { return source->host != host; };
        if (!std::ranges::all_of(sources_, is_elsewhere)) std::erase_if(sources_, is_elsewhere);
    }

    Error nothing_there() const {
        if (snapshots_.empty()) return {ErrorCode::not_found, "there are no snapshots yet", "`kist backup` makes one."};
        return {ErrorCode::not_found,
                query_.path ? "no source that was backed up holds " + os::printable(*query_.path)
                            : "no source with snapshots is the one that was asked for",
                "`kist list` shows what there is."};
    }

    Error ambiguous() const {
        std::vector<std::string> choices;
        for (const auto* source : sources_) choices.push_back(shown(*source));
        return {ErrorCode::usage,
                fmt::format("{} could be of several sources: {}", os::printable(query_.name), fmt::join(choices, ", ")),
                "Give a path, --source, --host, or a snapshot's number."};
    }

    const SnapshotQuery& query_;
    const std::vector<Snapshot>& snapshots_;
    std::vector<const Source*> sources_;
};

struct NamedSource {
    std::string name;
    std::size_t back = 0;
};

// NAME or NAME~2, where NAME is a source's.
std::optional<NamedSource> parse_source_name(const std::string& text, const std::vector<Source>& sources) {
    const auto tilde = std::min(text.rfind('~'), text.size());
    const auto back = parse_latest("latest" + text.substr(tilde));
    const auto name = text.substr(0, tilde);
    if (!back || name.empty() || std::ranges::find(sources, name, &Source::name) == sources.end()) return std::nullopt;
    return NamedSource{name, *back};
}

Snapshot numbered(std::int64_t number, const std::vector<Snapshot>& snapshots) {
    const auto found = std::ranges::find(snapshots, number, &Snapshot::number);
    if (found != snapshots.end()) return *found;
    throw Error(ErrorCode::not_found, fmt::format("there is no snapshot {}", number), "`kist list` shows them.");
}

Snapshot counted_back(std::size_t back, const std::vector<Snapshot>& snapshots) {
    if (back < snapshots.size()) return snapshots[snapshots.size() - 1 - back];
    throw Error(ErrorCode::not_found, fmt::format("latest~{}: there are only {} snapshots", back, snapshots.size()),
                "`kist list` shows them.");
}

Snapshot newest_until(Timestamp end, const std::string& name, const std::vector<Snapshot>& snapshots) {
    const auto is_early = [&](const Snapshot& snapshot) { return snapshot.time <= end; };
    const auto found = std::find_if(snapshots.rbegin(), snapshots.rend(), is_early);
    if (found != snapshots.rend()) return *found;
    throw Error(ErrorCode::not_found,
                fmt::format("{}: no snapshot is that old; the oldest is {} of {}", os::printable(name),
                            snapshots.front().number, to_rfc3339(snapshots.front().time)));
}

}  // namespace

SnapshotPath parse_snapshot_path(std::string_view text) {
    if (const auto colon = text.find(":/"); colon != std::string_view::npos)
        return {std::string(text.substr(0, colon)), normal_path(text.substr(colon + 1))};
    if (!is_snapshot_name(text)) {
        for (auto colon = text.rfind(':'); colon != std::string_view::npos && colon > 0;
             colon = text.rfind(':', colon - 1))
            if (is_snapshot_name(text.substr(0, colon)))
                throw relative_path_error(text.substr(0, colon), text.substr(colon + 1));
    }
    return {std::string(text), std::nullopt};
}

Snapshot resolve_snapshot(const SnapshotQuery& query, const std::vector<Source>& sources,
                          const std::vector<Snapshot>& snapshots, Timestamp now) {
    if (const auto number = parse_number(query.name)) return numbered(*number, snapshots);
    auto counted = query;
    auto back = parse_latest(query.name);
    const auto time = parse_time_span(query.name, now);
    if (back || time) {
        counted.this_host.clear();
    } else {
        const auto named = parse_source_name(query.name, sources);
        if (!named || (!query.source_name.empty() && query.source_name != named->name))
            throw Error(
                ErrorCode::usage, os::printable(query.name) + " names no snapshot",
                "Give a number, latest, latest~2, a date (2026-11-20, yesterday, \"3 days ago\"), or a source's "
                "name.");
        counted.source_name = named->name;
        back = named->back;
    }
    const auto candidates = Candidates(counted, sources, snapshots).of_the_only_source();
    return back ? counted_back(*back, candidates) : newest_until(time->end, query.name, candidates);
}

std::optional<Timestamp> parse_time(std::string_view text, Timestamp now) {
    const auto time = parse_time_span(text, now);
    if (!time) return std::nullopt;
    return time->is_day ? time->end : time->begin;
}

}  // namespace kist::repository
