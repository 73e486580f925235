#include "kist/repository/kept_configuration.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/host_folder.hpp"

#include "repository/layout.hpp"

#include <algorithm>

namespace kist::repository {
namespace {

constexpr const char* kFiles = "files";
constexpr const char* kBoot = "boot";
constexpr const char* kLeftOut = "left-out";
// Made completely, then `now` becomes `old`, and `new` becomes `now`. Where there is no `now`, `old` is what counts.
constexpr const char* kNow = "now";
constexpr const char* kNew = "new";
constexpr const char* kOld = "old";

constexpr std::size_t kMostFiles = 256;
constexpr std::size_t kLargestFile = 1U << 20U;
constexpr std::size_t kDeepest = 64;

std::string read_file(const os::Directory& directory, const std::string& name) {
    const auto file = directory.open_file(name);
    const auto status = os::status_of(file.get());
    if (status.type != os::FileType::regular || status.size > kLargestFile) return "";
    std::string content(status.size, '\0');
    content.resize(os::read_at(file.get(), 0, std::as_writable_bytes(std::span(content)), name));
    return content;
}

void write_file(const os::Directory& directory, const std::string& name, const std::string& content,
                std::uint32_t mode) {
    const auto file = directory.open_file_for_writing(name, os::Create::exclusive);
    os::write_all(file.get(), os::as_bytes(content), name);
    os::set_mode(file.get(), mode);
    os::sync_file(file.get(), name);
}

void collect(const os::Directory& directory, const std::string& path, std::size_t depth, std::vector<KeptFile>& files) {
    auto entries = directory.entries();
    std::ranges::sort(entries, {}, &os::DirectoryEntry::name);
    for (const auto& entry : entries) {
        const auto status = directory.find_status(entry.name);
        if (!status || files.size() == kMostFiles) continue;
        auto below = path + "/" + entry.name;
        if (status->type == os::FileType::directory && depth < kDeepest)
            collect(directory.open_directory(entry.name), below, depth + 1, files);
        else if (status->type == os::FileType::regular && status->size <= kLargestFile)
            files.push_back({std::move(below), read_file(directory, entry.name), status->mode & 0777U});
    }
}

KeptConfiguration read(const os::Directory& kept) {
    KeptConfiguration configuration;
    if (const auto files = kept.find_directory(kFiles)) collect(*files, "", 0, configuration.files);
    if (kept.find_status(kBoot)) configuration.boot = read_file(kept, kBoot);
    if (kept.find_status(kLeftOut)) configuration.left_out = read_file(kept, kLeftOut);
    std::ranges::sort(configuration.files, {}, &KeptFile::path);
    return configuration;
}

void write(const os::Directory& kept, const KeptConfiguration& configuration) {
    const auto files = kept.create_directory(kFiles);
    for (const auto& [path, content, mode] : configuration.files) {
        const auto slash = path.rfind('/');
        const auto folder = slash == 0 ? std::string() : path.substr(1, slash - 1);
        write_file(files.ensure_below(folder), path.substr(slash + 1), content, mode);
    }
    if (!configuration.boot.empty()) write_file(kept, kBoot, configuration.boot, 0600);
    if (!configuration.left_out.empty()) write_file(kept, kLeftOut, configuration.left_out, 0600);
}

void require_keepable(const KeptConfiguration& configuration) {
    const auto fits = [](const KeptFile& file) {
        return file.content.size() <= kLargestFile && file.path.starts_with('/') && !file.path.ends_with('/');
    };
    if (configuration.files.size() > kMostFiles || !std::ranges::all_of(configuration.files, fits))
        throw Error(ErrorCode::failed, "Kist's own configuration is too large to be kept in the volume");
}

}  // namespace

void keep_configuration(const Repository& repository, std::string_view host, KeptConfiguration configuration) {
    require_keepable(configuration);
    std::ranges::sort(configuration.files, {}, &KeptFile::path);
    if (kept_configuration(repository, host) == configuration) return;
    const auto lock = repository.lock_for_writing();
    const auto folder =
        repository.control().ensure_directory(kConfiguration).ensure_directory(mirror_host_folder(host));
    folder.remove_tree(kNew);
    write(folder.create_directory(kNew), configuration);
    os::sync_filesystem(folder.fd(), kConfiguration);
    if (folder.find_status(kNow)) {
        folder.remove_tree(kOld);
        folder.rename(kNow, folder, kOld);
    }
    folder.rename(kNew, folder, kNow);
    folder.remove_tree(kOld);
    os::sync_file(folder.fd(), kConfiguration);
}

KeptConfiguration kept_configuration(const Repository& repository, std::string_view host) {
    const auto all = repository.control().find_directory(kConfiguration);
    const auto folder = all ? all->find_directory(mirror_host_folder(host)) : std::nullopt;
    if (!folder) return {};
    for (const auto* name : {kNow, kOld})
        if (const auto kept = folder->find_directory(name)) return read(*kept);
    return {};
}

}  // namespace kist::repository
