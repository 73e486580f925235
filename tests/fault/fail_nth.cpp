// Preloaded into a program, it lets the Nth call that changes a file or a directory fail, once, or kills the program in
// its place. Environment: FAIL_AT (N, from 1; 0: never), FAIL_WITH (kill, EIO, ENOSPC), FAIL_COUNT (a file that gets
// the number of calls when the program ends).

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::atomic<long> calls{0};

long fail_at() {
    static const long at = [] {
        const char* text = std::getenv("FAIL_AT");
        return text == nullptr ? 0 : std::atol(text);
    }();
    return at;
}

// Whether this call is the one; if the program is to die of it, this does not return.
bool is_the_one() {
    if (++calls != fail_at()) return false;
    const char* with = std::getenv("FAIL_WITH");
    if (with == nullptr || std::strcmp(with, "kill") == 0) kill(getpid(), SIGKILL);
    errno = with != nullptr && std::strcmp(with, "ENOSPC") == 0 ? ENOSPC : EIO;
    return true;
}

template <typename Function>
Function next(const char* name) {
    void* const symbol = dlsym(RTLD_NEXT, name);
    Function function = nullptr;
    std::memcpy(&function, &symbol, sizeof function);
    return function;
}

struct AtExit {
    ~AtExit() {
        const char* path = std::getenv("FAIL_COUNT");
        if (path == nullptr) return;
        if (FILE* file = std::fopen(path, "w")) {
            std::fprintf(file, "%ld\n", calls.load());
            std::fclose(file);
        }
    }
} at_exit;

}  // namespace

#define WRAP(result, name, parameters, arguments)                       \
    extern "C" result name parameters {                                 \
        static const auto real = next<result(*) parameters>(#name);     \
        return is_the_one() ? static_cast<result>(-1) : real arguments; \
    }

WRAP(int, renameat, (int a, const char* b, int c, const char* d), (a, b, c, d))
WRAP(int, renameat2, (int a, const char* b, int c, const char* d, unsigned e), (a, b, c, d, e))
WRAP(int, linkat, (int a, const char* b, int c, const char* d, int e), (a, b, c, d, e))
WRAP(int, unlinkat, (int a, const char* b, int c), (a, b, c))
WRAP(int, unlink, (const char* a), (a))
WRAP(int, mkdirat, (int a, const char* b, mode_t c), (a, b, c))
WRAP(int, symlinkat, (const char* a, int b, const char* c), (a, b, c))
WRAP(int, mknodat, (int a, const char* b, mode_t c, dev_t d), (a, b, c, d))
WRAP(int, fsync, (int a), (a))
WRAP(int, fdatasync, (int a), (a))
WRAP(int, syncfs, (int a), (a))
WRAP(int, ftruncate64, (int a, off64_t b), (a, b))
WRAP(int, fallocate64, (int a, int b, off64_t c, off64_t d), (a, b, c, d))
WRAP(int, fchmod, (int a, mode_t b), (a, b))
WRAP(int, futimens, (int a, const timespec b[2]), (a, b))
WRAP(int, utimensat, (int a, const char* b, const timespec c[2], int d), (a, b, c, d))
WRAP(ssize_t, write, (int a, const void* b, size_t c), (a, b, c))
WRAP(int, fchmodat, (int a, const char* b, mode_t c, int d), (a, b, c, d))
WRAP(ssize_t, pwrite64, (int a, const void* b, size_t c, off64_t d), (a, b, c, d))

// Only what creates counts. SQLite opens by path, everything else below an open directory.
extern "C" int open64(const char* name, int flags, ...) {
    static const auto real = next<int (*)(const char*, int, ...)>("open64");
    if ((flags & O_CREAT) == 0) return real(name, flags);
    va_list rest;
    va_start(rest, flags);
    const auto mode = va_arg(rest, mode_t);
    va_end(rest);
    return is_the_one() ? -1 : real(name, flags, mode);
}

extern "C" int openat64(int directory, const char* name, int flags, ...) {
    static const auto real = next<int (*)(int, const char*, int, ...)>("openat64");
    if ((flags & O_CREAT) == 0) return real(directory, name, flags);
    va_list rest;
    va_start(rest, flags);
    const auto mode = va_arg(rest, mode_t);
    va_end(rest);
    return is_the_one() ? -1 : real(directory, name, flags, mode);
}
