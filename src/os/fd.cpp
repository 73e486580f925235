#include "kist/os/fd.hpp"

#include <unistd.h>

namespace kist::os {

void Fd::reset(int fd) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
}

}  // namespace kist::os
