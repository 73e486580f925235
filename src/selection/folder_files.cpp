#include "kist/selection/folder_files.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <optional>

#include <fmt/format.h>

namespace kist::selection {
namespace {

constexpr std::uint64_t kLargestFile = 1U << 20U;

// nullopt: there is none.
std::optional<std::string> read(const os::Directory& directory, const std::string& name) {
    if (!directory.find_status(name)) return std::nullopt;
    const auto file = directory.find_file(name);  // nullopt: a symlink, or gone just now
    const auto status = file ? os::status_of(file->get()) : directory.status(name);
    if (status.type != os::FileType::regular) throw Error(ErrorCode::failed, "it is no regular file");
    if (status.size > kLargestFile) throw Error(ErrorCode::failed, "it is larger than 1 MiB");
    std::string content(status.size, '\0');
    content.resize(os::read_at(file->get(), 0, std::as_writable_bytes(std::span(content)), name));
    return content;
}

}  // namespace

std::vector<FileTrouble> read_folder_files(const Selection& selection, Folder& folder, const os::Directory& directory,
                                           const std::string& path,
                                           const std::function<bool(std::string_view name)>& may_have) {
    std::vector<FileTrouble> troubles;
    for (const auto& name : selection.file_names()) {
        if (!may_have(name)) continue;
        try {
            if (const auto content = read(directory, name))
                selection.read_rules(folder, name, *content, path == "/" ? "/" + name : path + "/" + name);
        } catch (const Error& error) {
            troubles.push_back({name, "its rules do not count: " + error.message()});
        }
    }
    return troubles;
}

}  // namespace kist::selection
