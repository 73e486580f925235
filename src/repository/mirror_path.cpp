#include "repository/mirror_path.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "repository/entry_row.hpp"
#include "repository/layout.hpp"
#include "repository/source_row.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kLongestName = 255;
// Far deeper than any filesystem goes: a climb that takes longer goes round in a circle.
constexpr std::size_t kDeepest = 1U << 16U;
constexpr std::size_t kCacheBytes = 1U << 20U;

bool must_be_escaped(char character) {
    const auto byte = static_cast<std::uint8_t>(character);
    return byte < 0x20 || byte == 0x7f || character == '/' || character == '%';
}

}  // namespace

std::string mirror_host_folder(std::string_view host) {
    if (host.empty()) return "%";
    std::string folder;
    for (const char character : host) {
        if (must_be_escaped(character) || (folder.empty() && character == '.'))
            folder += fmt::format("%{:02X}", static_cast<std::uint8_t>(character));
        else
            folder += character;
    }
    if (folder.size() > kLongestName)
        throw Error(ErrorCode::usage, "the name of the host or account is too long to be the name of a folder",
                    "Give a shorter one.");
    return folder;
}

std::string mailbox_path(std::string_view account) {
    return std::string("/").append(mirror_host_folder(account));
}

std::string mailbox_folder(const Source& source) {
    return fmt::format("{}/{}", kMirror, mirror_root(source));
}

std::string mirror_root(const Source& source) {
    if (is_mailbox(source)) return std::string("mail").append(source.path);
    const auto folder = "files/" + mirror_host_folder(source.host);
    return source.path == "/" ? folder : folder + source.path;
}

LivePaths::LivePaths(sqlite::Database& catalog)
    : find_directory_(
          catalog.prepare("SELECT directory, name FROM entry WHERE node = ? AND type = 1 AND last IS NULL")),
      find_source_(catalog.prepare(fmt::format("SELECT {} FROM source WHERE id = ?", kSourceColumns))) {}

std::string LivePaths::directory_path(NodeId node) {
    std::vector<Step> climbed;
    std::string path;
    for (auto at = node;;) {
        if (const auto found = known_.find(at); found != known_.end()) {
            path = found->second;
            break;
        }
        if (climbed.size() == kDeepest)
            throw Error(ErrorCode::damaged, fmt::format("the catalog is damaged: directory {} is inside itself", node));
        climbed.push_back(step_above(at));
        at = climbed.back().directory;
        if (at < 0) break;
    }
    for (auto step = climbed.rbegin(); step != climbed.rend(); ++step) {
        path = step->directory < 0 ? root_path(step->directory, step->name) : path + "/" + step->name;
        remember(step->node, path);
    }
    return path;
}

std::string LivePaths::path(NodeId directory, std::string_view name) {
    require_entry_name(directory, name);
    if (directory < 0) return root_path(directory, name);
    auto path = directory_path(directory);
    return path.append("/").append(name);
}

void LivePaths::forget() {
    known_.clear();
    known_bytes_ = 0;
}

LivePaths::Step LivePaths::step_above(NodeId node) {
    find_directory_.reset();
    if (!find_directory_.bind(1, node).step())
        throw Error(ErrorCode::damaged, fmt::format("the catalog is damaged: directory {} is missing", node));
    Step step{node, find_directory_.integer(0), std::string(find_directory_.text(1))};
    find_directory_.reset();
    require_entry_name(step.directory, step.name);
    return step;
}

std::string LivePaths::root_path(NodeId directory, std::string_view name) {
    find_source_.reset();
    if (!find_source_.bind(1, -directory).step())
        throw Error(ErrorCode::damaged, fmt::format("the catalog is damaged: source {} is missing", -directory));
    const auto source = read_source(find_source_);
    find_source_.reset();
    if (source.path != name)
        throw Error(ErrorCode::damaged,
                    fmt::format("the catalog is damaged: the root of source {} has another path", source.id));
    return mirror_root(source);
}

void LivePaths::remember(NodeId node, const std::string& path) {
    if (known_bytes_ > kCacheBytes) forget();
    known_bytes_ += path.size() + 64;
    known_.insert_or_assign(node, path);
}

}  // namespace kist::repository
