#include "volume/table_file.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

namespace kist::volume {
namespace {

constexpr std::uint32_t kUsualMode = 0644;

std::string resolved(const std::string& path) {
    std::error_code error;
    const auto target = std::filesystem::canonical(path, error);
    return error ? path : target.string();
}

std::optional<std::string> read_if_there(const std::string& path) {
    try {
        return os::read_small_file(path);
    } catch (const Error& error) {
        if (error.error_number() != ENOENT) throw;
        return std::nullopt;
    }
}

// So that nobody can tell the new file from the old one. Without an old one: what is usual in /etc.
void take_after(int fd, const std::string& old) {
    const os::Fd model(::open(old.c_str(), O_RDONLY | O_CLOEXEC));
    if (!model) return os::set_mode(fd, kUsualMode);
    const auto status = os::status_of(model.get());
    os::set_owner(fd, status.uid, status.gid);
    os::set_extended_attributes(fd, os::extended_attributes(model.get()));
    os::set_mode(fd, status.mode);
}

std::string folder_of(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
}

void sync_folder_of(const std::string& path) {
    os::sync_file(os::Directory::open(folder_of(path)).fd(), path);
}

}  // namespace

TableFile::TableFile(const std::string& path) : path_(resolved(path)) {
    const auto content = read_if_there(path_);
    exists_ = content.has_value();
    text_ = content.value_or("");
}

void TableFile::replace(const std::string& text) {
    require_unchanged();
    keep_backup();
    write_beside(path_, text);
    text_ = text;
    exists_ = true;
}

void TableFile::remove() {
    require_unchanged();
    keep_backup();
    if (unlink(path_.c_str()) != 0) throw Error::from_errno(errno, "cannot remove " + os::printable(path_));
    sync_folder_of(path_);
    text_.clear();
    exists_ = false;
}

void TableFile::require_unchanged() const {
    const auto now = read_if_there(path_);
    if (now.has_value() != exists_ || now.value_or("") != text_)
        throw Error(ErrorCode::busy, os::printable(path_) + " was changed by somebody else meanwhile", "Try again.");
}

void TableFile::keep_backup() const {
    if (exists_) write_beside(path_ + ".kist-backup", text_);
}

void TableFile::write_beside(const std::string& name, const std::string& text) const {
    std::string temporary = name + ".XXXXXX";
    const os::Fd fd(mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot write beside " + os::printable(path_));
    try {
        os::write_all(fd.get(), os::as_bytes(text), temporary);
        take_after(fd.get(), path_);
        os::sync_file(fd.get(), temporary);
        if (rename(temporary.c_str(), name.c_str()) != 0)
            throw Error::from_errno(errno, "cannot replace " + os::printable(name));
    } catch (...) {
        unlink(temporary.c_str());
        throw;
    }
    sync_folder_of(name);
}

}  // namespace kist::volume
