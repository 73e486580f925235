#include "crash/tree_listing.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace kist::crash {
namespace {

namespace fs = std::filesystem;

class Lister {
  public:
    explicit Lister(const std::string& root) { list(root, "."); }
    TreeListing take() {
        std::ranges::sort(lines_);
        return std::move(lines_);
    }

  private:
    void list(const std::string& path, const std::string& name) {
        struct stat status {};
        if (lstat(path.c_str(), &status) != 0) throw Error::from_errno(errno, "cannot look at " + path);
        lines_.push_back(line(path, name, status));
        if (!S_ISDIR(status.st_mode)) return;
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().filename());
        std::ranges::sort(names);
        for (const auto& inner : names) list(path + "/" + inner, name + "/" + inner);
    }

    std::string line(const std::string& path, const std::string& name, const struct stat& status) {
        auto text = fmt::format("{} {:o} {}:{} {}.{:09}", os::printable(name), status.st_mode, status.st_uid,
                                status.st_gid, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
        if (S_ISLNK(status.st_mode)) return text + " -> " + fs::read_symlink(path).string();
        if (S_ISDIR(status.st_mode)) return text + attributes(path);
        if (!S_ISREG(status.st_mode)) return text + fmt::format(" device {}", status.st_rdev);
        if (status.st_nlink > 1) text += " link " + group(status, name);
        return text + attributes(path) + content(path, static_cast<std::size_t>(status.st_size));
    }

    // By the first of its names.
    std::string group(const struct stat& status, const std::string& name) {
        const auto& first = groups_.try_emplace({status.st_dev, status.st_ino}, name).first->second;
        return fmt::format("{} names, {}", status.st_nlink, os::printable(first));
    }

    static std::string attributes(const std::string& path) {
        const os::Fd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        if (!fd) throw Error::from_errno(errno, "cannot open " + path);
        std::string text;
        for (const auto& attribute : os::extended_attributes(fd.get()))
            text += fmt::format(" {}={}", attribute.name, os::printable(attribute.value));
        return text;
    }

    static std::string content(const std::string& path, std::size_t size) {
        const os::Fd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        std::string bytes(size, '\0');
        const auto got = os::read_at(fd.get(), 0, std::as_writable_bytes(std::span(bytes)), path);
        bytes.resize(got);
        return fmt::format(" {} bytes, {:016x}", size, std::hash<std::string_view>()(bytes));
    }

    TreeListing lines_;
    std::map<std::pair<dev_t, ino_t>, std::string> groups_;
};

}  // namespace

TreeListing list_tree(const std::string& root) {
    return Lister(root).take();
}

TreeListing without(TreeListing tree, const std::vector<std::string>& names) {
    for (const auto& name : names)
        std::erase_if(tree, [&](const std::string& line) {
            return line.starts_with("./" + name + " ") || line.starts_with("./" + name + "/");
        });
    return tree;
}

std::string difference(const TreeListing& expected, const TreeListing& found) {
    constexpr std::size_t kMost = 6;
    TreeListing missing;
    TreeListing surplus;
    std::ranges::set_difference(expected, found, std::back_inserter(missing));
    std::ranges::set_difference(found, expected, std::back_inserter(surplus));
    std::string text;
    for (std::size_t i = 0; i < std::min(kMost, missing.size()); ++i) text += "\n  expected " + missing[i];
    for (std::size_t i = 0; i < std::min(kMost, surplus.size()); ++i) text += "\n  found    " + surplus[i];
    return text;
}

}  // namespace kist::crash
