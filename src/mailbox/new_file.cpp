#include "mailbox/new_file.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

// Always the same, so that what a killed export left is found by the next one.
constexpr const char* kUnfinished = ".kist-export-unfinished";
constexpr std::size_t kComparedAtOnce = std::size_t{1} << 20U;

void remove_leftover(const os::Directory& workplace) {
    if (workplace.find_status(kUnfinished)) workplace.remove_file(kUnfinished);
}

// As FAT refuses the ":" that names in a Maildir have.
Error refused_name(const std::string& name) {
    return {ErrorCode::failed, fmt::format("this filesystem takes no file called {}", os::printable(name)),
            "The formats mboxrd, mbox+folders and eml have names that every filesystem takes."};
}

}  // namespace

NewFile::NewFile(const os::Directory& directory, std::string name, const os::Directory& workplace)
    : directory_(directory), workplace_(workplace), name_(std::move(name)) {
    if (const auto existing = directory_.find_status(name_)) {
        placed_ = existing->type == os::FileType::regular ? Placed::was_there : Placed::in_the_way;
        if (placed_ == Placed::was_there) file_ = directory_.open_file(name_);
        return;
    }
    remove_leftover(workplace_);
    file_ = workplace_.open_file_for_writing(kUnfinished, os::Create::exclusive);
    is_unfinished_ = true;
}

NewFile::~NewFile() {
    if (!is_unfinished_) return;
    try {
        workplace_.remove_file(kUnfinished);
    } catch (const Error&) {  // the next export tries again
    }
}

void NewFile::append(std::span<const std::byte> bytes) {
    if (placed_ == Placed::in_the_way) return;
    if (placed_ == Placed::made)
        os::write_all(file_.get(), bytes, name_);
    else
        compare(bytes);
    size_ += bytes.size();
}

void NewFile::compare(std::span<const std::byte> bytes) {
    std::vector<std::byte> there(std::min(bytes.size(), kComparedAtOnce));
    for (std::size_t at = 0; at < bytes.size();) {
        const auto expected = bytes.subspan(at, std::min(there.size(), bytes.size() - at));
        const auto room = std::span(there).first(expected.size());
        if (os::read_at(file_.get(), size_ + at, room, name_) != room.size() || !std::ranges::equal(room, expected)) {
            placed_ = Placed::in_the_way;
            return;
        }
        at += expected.size();
    }
}

Placed NewFile::finish(std::optional<Timestamp> mtime) {
    if (placed_ == Placed::was_there && os::status_of(file_.get()).size != size_) placed_ = Placed::in_the_way;
    if (placed_ != Placed::made) return placed_;
    if (mtime) os::set_mtime(file_.get(), *mtime);
    try {
        workplace_.rename(kUnfinished, directory_, name_);
    } catch (const Error& error) {
        if (error.error_number() == EEXIST) return Placed::in_the_way;
        if (error.error_number() == EINVAL) throw refused_name(name_);
        throw;
    }
    is_unfinished_ = false;
    return placed_;
}

Placed place_file(const os::Directory& directory, const std::string& name, std::span<const std::byte> bytes,
                  std::optional<Timestamp> mtime, const os::Directory& workplace) {
    NewFile file(directory, name, workplace);
    file.append(bytes);
    return file.finish(mtime);
}

}  // namespace kist::mailbox
