#include "kist/repository/repository.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/os/lock.hpp"

#include "repository/apply.hpp"
#include "repository/catalog_file.hpp"
#include "repository/layout.hpp"
#include "repository/leftovers.hpp"
#include "repository/readme.hpp"
#include "repository/reclaim.hpp"
#include "repository/reserve.hpp"

#include <chrono>
#include <sstream>
#include <thread>
#include <unordered_map>

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace kist::repository {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 1000ms;
constexpr auto kPause = 20ms;
constexpr const char* kNewControl = ".kist.new";
constexpr const char* kSecondReadme = "README-KIST.txt";
constexpr int kFormatVersion = 1;

struct Identification {
    Uuid repository;
    Binding binding;
};

std::string id_text(const Identification& id) {
    return fmt::format("kist-repository {}\nid {}\nluks {}\nfilesystem {}\n", kFormatVersion, to_string(id.repository),
                       to_string(id.binding.luks), to_string(id.binding.filesystem));
}

Identification parse_id(const std::string& text) {
    std::unordered_map<std::string, std::string> values;
    std::istringstream lines(text);
    for (std::string key, value; lines >> key >> value;) values[key] = value;
    const auto uuid = [&](const char* key) {
        const auto parsed = parse_uuid(values[key]);
        if (!parsed) throw Error(ErrorCode::damaged, fmt::format(".kist/id is damaged: it has no {}", key));
        return *parsed;
    };
    const auto& version = values["kist-repository"];
    if (version.empty()) throw Error(ErrorCode::damaged, ".kist/id is damaged: it has no format version");
    if (version != std::to_string(kFormatVersion))
        throw Error(ErrorCode::failed,
                    fmt::format("the repository has format {}, which this Kist does not know", version),
                    "Use a newer Kist.");
    return {uuid("id"), {uuid("luks"), uuid("filesystem")}};
}

void write_new_file(const os::Directory& directory, const std::string& name, std::string_view text,
                    std::uint32_t mode) {
    const auto file = directory.open_file_for_writing(name, os::Create::exclusive, mode);
    os::write_all(file.get(), os::as_bytes(text), name);
}

// Somebody else's README stays what it is.
void write_readme(const os::Directory& root) {
    for (const char* name : {kReadme, kSecondReadme}) {
        if (root.find_status(name)) continue;
        return write_new_file(root, name, kReadmeText, 0644);
    }
}

Identification read_id(const std::string& root) {
    return parse_id(os::read_small_file(root + "/" + kControl + "/" + kIdFile, 4096));
}

bool is_read_only(const os::Directory& directory) {
    struct statvfs filesystem {};
    return fstatvfs(directory.fd(), &filesystem) == 0 && (filesystem.f_flag & ST_RDONLY) != 0;
}

std::string absolute_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
    if (!resolved) throw Error::from_errno(errno, "cannot find " + os::printable(path));
    return resolved.get();
}

}  // namespace

Repository Repository::create(const std::string& root_path, const Binding& binding) {
    const auto path = absolute_path(root_path);
    const auto root = os::Directory::open(path);
    if (root.find_status(kControl)) throw Error(ErrorCode::failed, os::printable(path) + " holds a repository already");
    root.remove_tree(kNewControl);  // of a creation that was interrupted
    const auto control = root.create_directory(kNewControl, 0700);
    write_new_file(control, kIdFile, id_text({random_uuid(), binding}), 0600);
    write_new_file(control, kLock, "", 0600);
    control.create_directory(kHistory, 0700).create_directory(kKept, 0700);
    const auto staging = control.create_directory(kStaging, 0700);
    staging.create_directory(kStagedIn, 0700);
    staging.create_directory(kStagedOut, 0700);
    control.create_directory(kFound, 0700);
    create_catalog(path + "/" + kNewControl + "/" + kCatalogFile);
    root.ensure_directory(kMirror, 0755).ensure_directory("files", 0755);
    write_readme(root);
    os::sync_filesystem(root.fd(), path);
    root.rename(kNewControl, root, kControl);
    os::sync_filesystem(root.fd(), path);
    return open(path, binding);
}

std::optional<Binding> Repository::find_binding(const std::string& root) {
    if (!os::Directory::open(root).find_directory(kControl)) return std::nullopt;
    return read_id(root).binding;
}

void Repository::rebind(const std::string& root, const Binding& binding) {
    const auto repository = Repository(absolute_path(root), os::Directory::open(root));
    const auto lock = repository.lock_for_writing();
    const auto path = repository.path() + "/" + kControl + "/" + kIdFile;
    os::replace_small_file(path, id_text({read_id(repository.path()).repository, binding}), 0600);
    os::sync_filesystem(repository.control().fd(), path);
}

Repository Repository::open(const std::string& root_path, const Binding& binding) {
    auto repository = open_without_catalog(root_path, binding);
    release_reserve_if_full(repository.control_);
    try {
        if (!repository.control_.find_status(kCatalogFile)) throw Error(ErrorCode::damaged, "the catalog is missing");
        repository.recover();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        throw Error(error.code(), os::printable(repository.path_) + ": " + error.message(),
                    "`kist rebuild` makes the catalog anew from what the packs hold.");
    }
    return repository;
}

Repository Repository::open_without_catalog(const std::string& root_path, const Binding& binding) {
    const auto path = absolute_path(root_path);
    auto root = os::Directory::open(path);
    if (!root.find_directory(kControl))
        throw Error(ErrorCode::not_found, os::printable(path) + " holds no Kist repository",
                    "Is the right volume mounted there? `kist prepare` makes a new one.");
    Repository repository(path, std::move(root));
    const auto id = read_id(path);
    if (id.binding != binding)
        throw Error(ErrorCode::failed,
                    os::printable(path) + ": this repository belongs to another volume (it was copied, or swapped)",
                    "Open the volume it was made on. If it was copied here to stay: kist adopt --rebind");
    repository.id_ = id.repository;
    return repository;
}

Repository::Repository(std::string path, os::Directory root)
    : path_(std::move(path)),
      root_(std::move(root)),
      control_(root_.open_directory(kControl)),
      mirror_(root_.open_directory(kMirror)) {}

Repository::Repository(Repository&&) noexcept = default;
Repository::~Repository() = default;

std::optional<Repository::WriteLock> Repository::try_lock_for_writing() const {
    auto file = control_.open_file_for_writing(kLock, os::Create::no);
    if (!os::try_lock(file.get(), os::LockMode::exclusive)) return std::nullopt;
    return WriteLock(std::move(file));
}

Repository::WriteLock Repository::lock_for_writing() const {
    if (is_read_only(control_))
        throw Error(ErrorCode::failed, os::printable(path_) + " is mounted read-only: nothing can be written to it",
                    "Close the volume, and open it without --read-only.");
    // Somebody who only opens the repository may hold it for a moment, to finish what a crash left.
    auto lock = try_lock_for_writing();
    for (auto waited = 0ms; !lock && waited < kPatience; waited += kPause) {
        std::this_thread::sleep_for(kPause);
        lock = try_lock_for_writing();
    }
    if (!lock)
        throw Error(ErrorCode::busy, "another Kist is at work on " + os::printable(path_),
                    "Wait until it has finished, then try again.");
    return std::move(*lock);
}

void Repository::recover() const {
    {
        auto reading = open_catalog_for_reading(catalog_path());
        if (!has_steps(reading) && !has_marked_packs(reading)) return;
    }
    if (is_read_only(control_)) return;  // readers find what is not in its place yet in history, or say so
    const auto lock = try_lock_for_writing();
    if (!lock) return;  // its holder is applying them
    auto catalog = open_catalog_for_writing(catalog_path());
    if (has_steps(catalog)) {
        apply(*this, catalog);
        Leftovers::put_aside(*this, control_.open_directory(kStaging));
    }
    try {
        reclaim(*this, catalog);
    } catch (const Error&) {  // only space: the next writer says what is the matter
    }
    fill_reserve(control_);
}

}  // namespace kist::repository
