#include "kist/backup/explanation.hpp"

#include "kist/os/directory.hpp"
#include "kist/selection/folder_files.hpp"
#include "kist/selection/limits.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace kist::backup {
namespace {

using selection::Limit;

constexpr const char* kList = "--files-from";

std::string option_of(Limit limit, const std::string& tag) {
    switch (limit) {
        case Limit::none:
            return "";
        case Limit::one_filesystem:
            return "--one-file-system";
        case Limit::pseudo_filesystem:
            return "a default";
        case Limit::cache:
            return "--exclude-caches";
        case Limit::tag:
            return "--exclude-if-present " + os::printable(tag);
        case Limit::nodump:
            return "--exclude-nodump";
        case Limit::smallest:
            return "--min-size";
        case Limit::largest:
            return "--max-size";
        case Limit::newer_than:
            return "--newer-than";
        case Limit::older_than:
            return "--older-than";
    }
    return "";
}

std::string reason_of(Limit limit, const std::optional<os::FileStatus>& status) {
    switch (limit) {
        case Limit::one_filesystem:
            return "another filesystem is mounted there";
        case Limit::pseudo_filesystem:
            return "the kernel makes up what is in it";
        case Limit::cache:
            return "it has a CACHEDIR.TAG";
        case Limit::tag:
            return "it holds that name";
        case Limit::nodump:
            return "chattr +d has marked it";
        case Limit::smallest:
        case Limit::largest:
            return fmt::format("it has {} bytes", status->size);
        case Limit::newer_than:
        case Limit::older_than:
            return "it was changed at " + to_rfc3339(status->mtime);
        case Limit::none:
            break;
    }
    return "";
}

// Goes down as the scan does.
class Descent {
  public:
    Descent(const selection::Selection& selection, const selection::Boundaries& boundaries, const ListedName* listed,
            const std::string& source)
        : selection_(selection),
          boundaries_(boundaries),
          listed_(listed != nullptr && listed->is_listed ? nullptr : listed),
          path_(source == "/" ? "" : source),
          rules_(selection.root()),
          directory_(os::Directory::open(source)),
          device_(directory_->own_status().device) {}

    // true: the explanation says why it ends here.
    bool leaves_out(const std::string& name, bool is_last, Explanation& explanation) {
        const auto status = directory_ ? directory_->find_status(name) : std::nullopt;
        if (directory_ && is_behind_limit(name, explanation)) return true;
        path_ += "/" + name;
        const bool is_directory = !is_last || (status && status->type == os::FileType::directory);
        if (!is_on_list(name, explanation)) return true;
        if (is_on_the_way_) return false;
        const auto* rule = selection_.find(rules_, name, is_directory);
        const bool is_excluded = rule != nullptr && rule->verdict == selection::Verdict::exclude;
        if (rule != nullptr && (is_excluded || is_last))
            explanation = {!is_excluded, path_, rule->text(), rule->origin, "", ""};
        if (is_excluded) return true;
        const auto limit = status ? selection::limit_of(boundaries_, *status) : Limit::none;
        if (limit == Limit::none) return false;
        explanation = {false, path_, "", "", option_of(limit, ""), reason_of(limit, status)};
        return true;
    }

    void enter(const std::string& name) {
        rules_ = selection_.enter(rules_, name);
        directory_ = directory_ ? directory_->find_directory(name) : std::nullopt;
        if (!directory_) return;
        const auto device = directory_->own_status().device;
        is_mount_point_ = device != device_;
        device_ = device;
    }

  private:
    bool is_behind_limit(const std::string& name, Explanation& explanation) {
        const auto holds = [&](std::string_view other) {
            return directory_->find_status(std::string(other)).has_value();
        };
        const auto found = selection::limit_in(boundaries_, *directory_, is_mount_point_, holds);
        if (found.limit != Limit::none && name != found.kept) {
            explanation = {
                false, path_, "", "", option_of(found.limit, found.kept), reason_of(found.limit, std::nullopt)};
            return true;
        }
        read_folder_files(selection_, rules_, *directory_, path_, [](std::string_view) { return true; });
        return false;
    }

    bool is_on_list(const std::string& name, Explanation& explanation) {
        is_on_the_way_ = false;
        if (listed_ == nullptr) return true;
        const auto found = listed_->below.find(name);
        if (found == listed_->below.end()) {
            explanation = {false, path_, "", "", kList, "the list does not name it"};
            return false;
        }
        is_on_the_way_ = !found->second->is_listed;
        listed_ = is_on_the_way_ ? found->second.get() : nullptr;
        return true;
    }

    const selection::Selection& selection_;
    const selection::Boundaries& boundaries_;
    const ListedName* listed_;
    std::string path_;
    selection::Folder rules_;
    std::optional<os::Directory> directory_;
    std::uint64_t device_;
    bool is_mount_point_ = false;
    bool is_on_the_way_ = false;
};

}  // namespace

Explanation explain(const selection::Selection& selection, const selection::Boundaries& boundaries,
                    const ListedName* listed, const std::string& source, const std::string& path) {
    Explanation explanation;
    if (path == source) return explanation;
    Descent descent(selection, boundaries, listed, source);
    auto rest = std::string_view(path).substr(source == "/" ? 1 : source.size() + 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('/'), rest.size());
        const std::string name(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (descent.leaves_out(name, rest.empty(), explanation)) return explanation;
        descent.enter(name);
    }
    return explanation;
}

}  // namespace kist::backup
