#include "crash/history.hpp"

#include "kist/backup/backup.hpp"
#include "kist/base/error.hpp"
#include "kist/repository/forget.hpp"
#include "kist/repository/purge.hpp"
#include "kist/repository/repair.hpp"

#include <filesystem>
#include <fstream>
#include <random>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

namespace kist::crash {
namespace {

namespace fs = std::filesystem;

// Bytes that do not compress, the same for the same name.
std::string noise(const std::string& name, std::size_t size) {
    std::mt19937_64 generator(std::hash<std::string>()(name));
    std::string bytes(size, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(generator());
    return bytes;
}

void write(const std::string& path, const std::string& content) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

void edit(const std::string& path, std::size_t offset, const std::string& bytes) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
}

void swap(const std::string& one, const std::string& other) {
    fs::rename(one, one + ".swap");
    fs::rename(other, one);
    fs::rename(one + ".swap", other);
}

void begin(const std::string& s) {
    write(s + "/unchanged", "unchanged");
    write(s + "/changed", "before");
    write(s + "/image", noise("image", 300'000));
    write(s + "/disk", noise("disk", 4'300'000));
    write(s + "/large", noise("large", 1'100'000));
    write(s + "/large-renamed", noise("renamed", 1'050'000));
    write(s + "/deleted", noise("deleted", 9'000));
    write(s + "/swap-a", noise("a", 5'000));
    write(s + "/swap-b", noise("b", 6'000));
    write(s + "/given-away", "old at this name");
    write(s + "/mode", "mode");
    write(s + "/link-1", noise("link", 5'000));
    fs::create_hard_link(s + "/link-1", s + "/link-2");
    write(s + "/renamed-folder/inner/file", noise("inner", 70'000));
    write(s + "/deleted-folder/x/y", "in a deleted folder");
    write(s + "/deleted-folder/saved", "moved out of it");
    write(s + "/folder-1/f", "1");
    write(s + "/folder-2/f", "2");
    write(s + "/folder-to-file/f", "f");
    write(s + "/file-to-folder", "was a file");
    fs::create_symlink("somewhere", s + "/symlink");
    mkfifo((s + "/fifo").c_str(), 0640);
    for (int i = 0; i < 12; ++i) write(fmt::format("{}/many/{}", s, i), noise(fmt::to_string(i), 3'000));
    setxattr((s + "/unchanged").c_str(), "user.colour", "blue", 4, 0);
}

void change_everything(const std::string& s) {
    write(s + "/changed", "after, and longer");
    edit(s + "/image", 130'000, noise("edit", 5'000));
    edit(s + "/disk", 1'000'000, noise("disk edit", 5'000));
    fs::remove(s + "/large");
    fs::rename(s + "/large-renamed", s + "/large-with-a-new-name");
    fs::remove(s + "/deleted");
    swap(s + "/swap-a", s + "/swap-b");
    swap(s + "/folder-1", s + "/folder-2");
    fs::rename(s + "/given-away", s + "/taken");
    write(s + "/given-away", "new at this name");
    chmod((s + "/mode").c_str(), 0600);
    fs::rename(s + "/link-2", s + "/link-3");
    fs::rename(s + "/renamed-folder", s + "/new-name");
    fs::rename(s + "/deleted-folder/saved", s + "/saved");
    fs::remove_all(s + "/deleted-folder");
    fs::remove_all(s + "/folder-to-file");
    write(s + "/folder-to-file", "now a file");
    fs::remove(s + "/file-to-folder");
    write(s + "/file-to-folder/inside", "now a folder");
    fs::remove(s + "/symlink");
    fs::create_symlink("elsewhere", s + "/symlink");
    write(s + "/new/folder/with/file", noise("new", 20'000));
    for (int i = 0; i < 6; ++i) write(fmt::format("{}/many/{}", s, i), noise(fmt::to_string(i + 100), 4'000));
}

void return_and_split(const std::string& s) {
    write(s + "/changed", "before");
    write(s + "/large", noise("large", 1'100'000));
    write(s + "/large-with-a-new-name", "small now");
    edit(s + "/image", 10'000, noise("second edit", 30'000));
    edit(s + "/disk", 3'000'000, noise("second disk edit", 9'000));
    fs::remove(s + "/link-3");
    write(s + "/link-3", noise("link", 5'000));
    fs::create_hard_link(s + "/saved", s + "/joined");
    fs::remove_all(s + "/many");
}

void change_metadata(const std::string& s) {
    chmod((s + "/changed").c_str(), 0640);
    chmod((s + "/new").c_str(), 0711);
    setxattr((s + "/saved").c_str(), "user.colour", "red", 3, 0);
    removexattr((s + "/unchanged").c_str(), "user.colour");
    fs::last_write_time(s + "/unchanged", fs::file_time_type(std::chrono::hours(1)));
}

void leave_again(const std::string& s) {
    write(s + "/changed", "the end");
    fs::remove(s + "/large");
    swap(s + "/swap-a", s + "/swap-b");
    edit(s + "/disk", 1'000'000, noise("third disk edit", 5'000));
    write(s + "/image", "no image any more");
    for (int i = 0; i < 8; ++i) write(fmt::format("{}/others/{}", s, i), noise(fmt::to_string(i), 3'000));
}

void return_and_split_again(const std::string& s) {
    write(s + "/image", noise("image", 300'000));
    fs::rename(s + "/new-name", s + "/undone-name");
    fs::remove_all(s + "/others");
    fs::remove(s + "/joined");
    write(s + "/joined", "joined no more");
    write(s + "/undone/folder/file", noise("undone", 1'200'000));
}

void nothing(const std::string&) {}

auto forgetting(std::vector<repository::SnapshotNumber> numbers) {
    return [numbers = std::move(numbers)](repository::Repository& repository, const std::string&, int) {
        repository::forget(repository, {numbers, repository::Rehearsal::no, repository::WholeSource::refuse});
    };
}

// A folder that is gone, and the old name of one that has another now.
constexpr auto kPurged = "/**/source/[mr][ae]n*/";

void purging(repository::Repository& repository, const std::string&, int) {
    const auto sources = repository.open_catalog().sources();
    const auto result = repository::purge(repository, {*PathPattern::parse(kPurged), {sources.front().id}});
    if (result.path_count != 2) throw Error(ErrorCode::failed, "other paths are purged than was meant");
}

// Bit rot in a large file, in one that stands twice, and in a small one; a folder and a file are gone.
void rot(const std::string& mirror) {
    for (const auto* name : {"disk", "swap-a", "saved"}) {
        const auto path = mirror + "/" + name;
        const auto time = fs::last_write_time(path);
        edit(path, fs::file_size(path) / 2, "\x01rot");
        fs::last_write_time(path, time);
    }
    fs::remove_all(mirror + "/file-to-folder");
    fs::remove(mirror + "/changed");
}

}  // namespace

void repair(const repository::Repository& repository) {
    repository::RepairOptions options;
    options.open_source = [](const repository::Source&, const std::string& path) {
        os::Fd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        return file ? std::optional(std::move(file)) : std::nullopt;
    };
    const auto result = repository::repair(repository, options);
    for (const auto& one : result.repaired)
        if (one.healing != repository::Healing::healed && one.healing != repository::Healing::from_source)
            throw Error(ErrorCode::damaged, "repair did not heal " + one.damage.reason);
}

void back_up(repository::Repository& repository, const std::string& source, int hour) {
    backup::BackupOptions options;
    options.host = "host";
    options.path = source;
    options.time = Timestamp{std::chrono::hours{hour}};
    options.threads = 1;
    const auto summary = backup::back_up(repository, options, FixedClock(*options.time));
    if (!summary.run.lost.empty())
        throw Error(ErrorCode::damaged, "the run lost " + os::printable(summary.run.lost.front()));
    if (!summary.run.skipped.empty())
        throw Error(ErrorCode::failed, "the run skipped " + os::printable(summary.run.skipped.front().path));
}

std::vector<Step> history() {
    return {{"first backup", begin, back_up},
            {"backup of every kind of change", change_everything, back_up},
            {"backup of what returns, splits and joins", return_and_split, back_up},
            {"backup of metadata", change_metadata, back_up},
            {"forget --path", nothing, purging, {"many", "renamed-folder"}},
            {"forget", nothing, forgetting({2})},
            {"backup of what leaves again", leave_again, back_up},
            {"prune", nothing, forgetting({1, 3, 4})},
            {"backup of what will be undone", return_and_split_again, back_up},
            {"undo", nothing, forgetting({6})},
            {"backup after the undo", nothing, back_up},
            {"repair", nothing, [](auto& repository, const auto&, int) { repair(repository); }, {}, rot}};
}

}  // namespace kist::crash
