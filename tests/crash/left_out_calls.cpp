#include "crash/left_out_calls.hpp"

#include <atomic>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<bool> leave_out_fsync = false;
std::atomic<bool> leave_out_fdatasync = false;
std::atomic<bool> leave_out_syncfs = false;

}  // namespace

extern "C" int fsync(int fd) {
    return leave_out_fsync ? 0 : static_cast<int>(syscall(SYS_fsync, fd));
}

extern "C" int fdatasync(int fildes) {
    return leave_out_fdatasync ? 0 : static_cast<int>(syscall(SYS_fdatasync, fildes));
}

extern "C" int syncfs(int fd) noexcept {
    return leave_out_syncfs ? 0 : static_cast<int>(syscall(SYS_syncfs, fd));
}

namespace kist::crash {

LeftOutCall::LeftOutCall(std::string_view name) {
    leave_out_fsync = name == "fsync";
    leave_out_fdatasync = name == "fdatasync";
    leave_out_syncfs = name == "syncfs";
}

LeftOutCall::~LeftOutCall() {
    leave_out_fsync = false;
    leave_out_fdatasync = false;
    leave_out_syncfs = false;
}

}  // namespace kist::crash
