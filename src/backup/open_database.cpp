#include "backup/open_database.hpp"

#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/os/file.hpp"
#include "kist/selection/boundaries.hpp"
#include "kist/sqlite/online_copy.hpp"

#include <algorithm>
#include <string_view>

namespace kist::backup {
namespace {

constexpr std::string_view kLogSuffix = "-wal";
constexpr std::string_view kLogIndexSuffix = "-shm";

// Takes the name away again, however the copying ends.
class TemporaryName {
  public:
    TemporaryName(const os::Directory& folder, std::string name) : folder_(folder), name_(std::move(name)) {}
    TemporaryName(const TemporaryName&) = delete;
    TemporaryName& operator=(const TemporaryName&) = delete;
    ~TemporaryName() {
        try {
            folder_.remove_tree(name_);
        } catch (const Error&) {  // with all of staging when the run ends
        }
    }

    const std::string& name() const { return name_; }

  private:
    const os::Directory& folder_;
    std::string name_;
};

bool is_regular(const os::Directory& folder, const std::string& name) {
    const auto status = folder.find_status(name);
    return status && status->type == os::FileType::regular;
}

}  // namespace

bool is_open_database(const os::Directory& folder, const std::string& name) {
    try {
        if (!is_regular(folder, name + std::string(kLogSuffix)) || !is_regular(folder, name)) return false;
        const auto file = folder.find_file(name);
        if (!file || os::status_of(file->get()).type != os::FileType::regular) return false;
        std::string begin(sqlite::kHeader.size(), '\0');
        os::read_at(file->get(), 0, std::as_writable_bytes(std::span(begin)), name);
        return begin == sqlite::kHeader;
    } catch (const Error&) {
        return false;
    }
}

std::vector<std::string> take_out_logs(const os::Directory& folder, std::vector<os::DirectoryEntry>& found) {
    std::vector<std::string> databases;
    for (const auto& entry : found) {
        if (!entry.name.ends_with(kLogSuffix)) continue;
        auto database = entry.name.substr(0, entry.name.size() - kLogSuffix.size());
        if (selection::holds(found, database) && is_open_database(folder, database))
            databases.push_back(std::move(database));
    }
    std::ranges::sort(databases);
    for (const auto& database : databases)
        std::erase_if(found, [&](const os::DirectoryEntry& entry) {
            return entry.name == database + std::string(kLogSuffix) ||
                   entry.name == database + std::string(kLogIndexSuffix);
        });
    return databases;
}

os::Fd copy_open_database(const repository::Repository& repository, const os::Directory& folder,
                          const std::string& name, const std::function<void()>& on_progress) {
    const auto staging = repository.control().open_directory("staging");
    const TemporaryName copy(staging, "database-" + to_string(random_uuid()));
    sqlite::copy_online({.folder = folder.fd(),
                         .name = name,
                         .target = repository.path() + "/.kist/staging/" + copy.name(),
                         .on_progress = on_progress});
    return staging.open_file(copy.name());
}

}  // namespace kist::backup
