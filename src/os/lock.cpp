#include "kist/os/lock.hpp"

#include "kist/base/error.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace kist::os {
namespace {

struct flock whole_file(short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

short type_of(LockMode mode) {
    return mode == LockMode::shared ? F_RDLCK : F_WRLCK;
}

}  // namespace

bool try_lock(int fd, LockMode mode) {
    auto lock = whole_file(type_of(mode));
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    throw Error::from_errno(errno, "cannot lock a file");
}

void wait_for_lock(int fd, LockMode mode) {
    auto lock = whole_file(type_of(mode));
    if (fcntl(fd, F_OFD_SETLKW, &lock) == 0) return;
    if (errno == EINTR) throw Error(ErrorCode::interrupted, "interrupted while waiting for a lock");
    throw Error::from_errno(errno, "cannot lock a file");
}

void unlock(int fd) {
    auto lock = whole_file(F_UNLCK);
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) throw Error::from_errno(errno, "cannot unlock a file");
}

}  // namespace kist::os
