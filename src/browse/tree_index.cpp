#include "browse/tree_index.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/host_folder.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

namespace kist::browse {
namespace {

constexpr std::size_t kLongestName = 200;  // with room for a number

std::string host_name(const repository::Source& source) {
    try {
        return repository::mirror_host_folder(source.host);
    } catch (const Error&) {  // too long: no backup has made that
        return fmt::format("host-{}", source.id);
    }
}

std::string source_name(const repository::Source& source) {
    std::string name = source.name.empty() ? source.path : source.name;
    if (name.starts_with('/')) name.erase(0, 1);
    if (name.empty()) return "root";
    for (auto& character : name) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '/') character = '-';
        if (byte < 0x20 || byte == 0x7f) character = '_';
    }
    if (name.front() == '.') name.front() = '_';
    return name.substr(0, kLongestName);
}

std::string snapshot_name(Timestamp time) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm local{};
    std::array<char, 64> text{};
    if (localtime_r(&seconds, &local) == nullptr) return "unknown";
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H-%M-%S", &local)};
}

template <typename Id>
std::string unused(const Names<Id>& names, const std::string& name) {
    if (!names.contains(name)) return name;
    for (unsigned number = 2;; ++number)
        if (auto other = fmt::format("{}-{}", name, number); !names.contains(other)) return other;
}

}  // namespace

TreeIndex::TreeIndex(const std::vector<repository::Source>& sources,
                     const std::vector<repository::Snapshot>& snapshots) {
    std::unordered_map<repository::SourceId, std::vector<const repository::Snapshot*>> by_source;
    for (const auto& snapshot : snapshots) by_source[snapshot.source].push_back(&snapshot);
    for (const auto& source : sources)
        if (const auto its = by_source.find(source.id); its != by_source.end()) add_source(source, its->second);
}

void TreeIndex::add_source(const repository::Source& source,
                           const std::vector<const repository::Snapshot*>& snapshots) {
    const auto host_id = host_names_.try_emplace(host_name(source), source.id).first->second;
    auto& host = hosts_[host_id];
    host.name = host_name(source);
    auto& folder = sources_[source.id];
    folder.host = host_id;
    folder.name = unused(host.sources, source_name(source));
    host.sources.emplace(folder.name, source.id);
    for (const auto* snapshot : snapshots) {
        auto name = snapshot_name(snapshot->time);
        if (folder.snapshots.contains(name)) name += fmt::format("_{}", snapshot->number);
        folder.latest = name;
        folder.newest = snapshot->finished;
        folder.snapshots.emplace(std::move(name), snapshot->number);
        snapshots_.emplace(snapshot->number, *snapshot);
    }
    host.newest = std::max(host.newest, folder.newest);
    newest_ = std::max(newest_, host.newest);
}

const TreeIndex::HostFolder* TreeIndex::host(repository::SourceId id) const {
    const auto found = hosts_.find(id);
    return found == hosts_.end() ? nullptr : &found->second;
}

const TreeIndex::SourceFolder* TreeIndex::source(repository::SourceId id) const {
    const auto found = sources_.find(id);
    return found == sources_.end() ? nullptr : &found->second;
}

const repository::Snapshot* TreeIndex::snapshot(repository::SnapshotNumber number) const {
    const auto found = snapshots_.find(number);
    return found == snapshots_.end() ? nullptr : &found->second;
}

}  // namespace kist::browse
