#include "kist/selection/explanation.hpp"

#include "kist/os/directory.hpp"
#include "kist/selection/folder_files.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace kist::selection {

Explanation explain(const Selection& selection, const std::string& source, const std::string& path) {
    Explanation explanation;
    auto folder = selection.root();
    std::optional<os::Directory> directory;
    if (path != source) directory = os::Directory::open(source);
    auto at = source == "/" ? std::string() : source;
    auto rest = std::string_view(path).substr(std::min(at.size() + 1, path.size()));
    while (!rest.empty()) {
        const auto end = std::min(rest.find('/'), rest.size());
        const std::string name(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (directory) read_folder_files(selection, folder, *directory, at, [](std::string_view) { return true; });
        const auto status = directory ? directory->find_status(name) : std::nullopt;
        const bool is_directory = !rest.empty() || (status && status->type == os::FileType::directory);
        at += "/" + name;
        const auto* rule = selection.find(folder, name, is_directory);
        const bool is_excluded = rule != nullptr && rule->verdict == Verdict::exclude;
        if (is_excluded || rest.empty()) {
            explanation.is_included = !is_excluded;
            if (rule != nullptr) {
                explanation.decided_at = at;
                explanation.rule = rule->text();
                explanation.origin = rule->origin;
            }
            return explanation;
        }
        folder = selection.enter(folder, name);
        directory = directory ? directory->find_directory(name) : std::nullopt;
    }
    return explanation;
}

}  // namespace kist::selection
