#include "repository/owner_access.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"

#include <sys/stat.h>

namespace kist::repository {

OwnerAccess::~OwnerAccess() {
    for (auto one = opened_.rbegin(); one != opened_.rend(); ++one) {
        try {
            os::set_mode(one->object.get(), one->mode);
        } catch (const Error&) {  // it is wider than it was, and the next step that sets it makes it right
        }
    }
}

void OwnerAccess::open(const os::Directory& folder, const std::string& name) {
    try {
        const auto status = folder.find_status(name);
        if (!status) return;
        const bool is_folder = status->type == os::FileType::directory;
        if (!is_folder && status->type != os::FileType::regular) return;
        const auto wanted = static_cast<std::uint32_t>(is_folder ? S_IRWXU : S_IRUSR | S_IWUSR);
        if ((status->mode & wanted) == wanted) return;
        os::set_mode(folder, name, status->mode | wanted);
        if (auto object = folder.find_file(name)) opened_.push_back({std::move(*object), status->mode});
    } catch (const Error&) {
        return;
    }
}

void OwnerAccess::open_all(const os::Directory& top, const std::string& path) {
    auto folder = std::optional(top.duplicate());
    for (std::size_t at = 0; at < path.size() && folder;) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto name = path.substr(at, end - at);
        open(*folder, name);
        folder = folder->find_directory(name);
        at = end + 1;
    }
}

}  // namespace kist::repository
