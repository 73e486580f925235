#include "repository/staged_paths.hpp"

namespace kist::repository {
namespace {

constexpr std::size_t kRemembered = 4096;

}  // namespace

StagedPaths::StagedPaths(sqlite::Database& plan)
    : select_directory_(plan.prepare("SELECT parent, name FROM plan.directory WHERE node = ? AND is_new")),
      select_change_(plan.prepare("SELECT id FROM plan.change WHERE node = ? AND action <> 4")) {}

const std::optional<std::string>& StagedPaths::directory(NodeId node) {
    const auto found = known_.find(node);
    if (found != known_.end()) return found->second;
    std::optional<std::string> path;
    if (select_directory_.bind(1, node).step()) {
        const auto parent = select_directory_.integer(0);
        const std::string name(select_directory_.text(1));
        select_directory_.reset();
        path = directory(parent);
        if (path) {
            path->append("/").append(name);
        } else if (select_change_.bind(1, node).step()) {
            path = std::to_string(select_change_.integer(0));
        }
        select_change_.reset();
    }
    select_directory_.reset();
    if (known_.size() >= kRemembered) known_.clear();
    return known_.emplace(node, std::move(path)).first->second;
}

std::string StagedPaths::object(std::int64_t change, NodeId directory_node, const std::string& name) {
    const auto& parent = directory(directory_node);
    return parent ? *parent + "/" + name : std::to_string(change);
}

}  // namespace kist::repository
