#include "crash/write_log.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace kist::crash {
namespace {

struct Head {
    std::uint64_t kind;
    std::uint64_t offset;
    std::uint64_t length;
};

}  // namespace

WriteLog::WriteLog(const std::string& path)
    : path_(path), fd_(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR)) {
    if (!fd_) throw Error::from_errno(errno, "cannot create " + path);
}

void WriteLog::append(EventKind kind, std::uint64_t offset, std::span<const std::byte> bytes) const {
    Head head{static_cast<std::uint64_t>(kind), offset, bytes.size()};
    const std::array parts{iovec{&head, sizeof head}, iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
    if (writev(fd_.get(), parts.data(), parts.size()) != static_cast<ssize_t>(sizeof head + bytes.size()))
        throw Error::from_errno(errno, "cannot append to " + path_);
}

void WriteLog::write(std::uint64_t offset, std::span<const std::byte> bytes) const {
    append(EventKind::write, offset, bytes);
}

void WriteLog::flush() const {
    append(EventKind::flush, 0, {});
}

void WriteLog::mark() const {
    append(EventKind::mark, 0, {});
}

std::vector<Event> WriteLog::read() const {
    std::vector<Event> events;
    std::uint64_t at = 0;
    Head head{};
    while (os::read_at(fd_.get(), at, std::as_writable_bytes(std::span(&head, 1)), path_) == sizeof head) {
        Event event{static_cast<EventKind>(head.kind), head.offset, std::vector<std::byte>(head.length)};
        if (os::read_at(fd_.get(), at + sizeof head, event.bytes, path_) != head.length)
            throw Error(ErrorCode::damaged, path_ + " ends within an entry");
        at += sizeof head + head.length;
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace kist::crash
