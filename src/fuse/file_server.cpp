#define FUSE_USE_VERSION 314
#include "kist/fuse/file_server.hpp"

#include "kist/base/error.hpp"

#include "fuse/reply_buffer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::fuse {
namespace {

constexpr double kForever = 1e9;  // seconds that the kernel may keep attributes: they never change
constexpr unsigned kMaxBackground = 64;

// The buffer that read requests of this thread are answered from: libfuse offers no place of its own for it.
thread_local std::byte* reply_buffer = nullptr;

FileContent& content_of(fuse_req_t request) {
    return *static_cast<FileContent*>(fuse_req_userdata(request));
}

struct stat attributes(const FileContent& content) {
    struct stat found {};
    found.st_ino = FUSE_ROOT_ID;
    found.st_mode = S_IFREG | S_IRUSR | S_IWUSR;
    found.st_nlink = 1;
    found.st_uid = geteuid();
    found.st_gid = getegid();
    found.st_size = static_cast<off_t>(content.size());
    found.st_blksize = kPage;
    return found;
}

void on_init(void*, fuse_conn_info* connection) noexcept {
    connection->max_write = kLargestRequest;
    connection->max_background = kMaxBackground;
    connection->congestion_threshold = kMaxBackground * 3 / 4;
}

void on_init_with_writeback(void* content, fuse_conn_info* connection) noexcept {
    on_init(content, connection);
    if ((connection->capable & FUSE_CAP_WRITEBACK_CACHE) != 0) connection->want |= FUSE_CAP_WRITEBACK_CACHE;
}

void on_getattr(fuse_req_t request, fuse_ino_t, fuse_file_info*) noexcept {
    const auto found = attributes(content_of(request));
    fuse_reply_attr(request, &found, kForever);
}

// With writeback the kernel keeps size and times itself, and tells them. The size it has
// from a first ftruncate(2).
void on_setattr(fuse_req_t request, fuse_ino_t, struct stat* wanted, int which, fuse_file_info*) noexcept {
    const auto found = attributes(content_of(request));
    if ((which & FUSE_SET_ATTR_SIZE) != 0 && wanted->st_size != found.st_size)
        fuse_reply_err(request, EFBIG);
    else
        fuse_reply_attr(request, &found, kForever);
}

void on_open(fuse_req_t request, fuse_ino_t, fuse_file_info* file) noexcept {
    fuse_reply_open(request, file);
}

void on_read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info*) noexcept {
    auto& content = content_of(request);
    const auto begin = static_cast<std::uint64_t>(offset);
    const auto left = begin < content.size() ? content.size() - begin : 0;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>({size, left, kLargestRequest}));
    const int error = length == 0 ? 0 : content.read(begin, {reply_buffer, length});
    if (error != 0)
        fuse_reply_err(request, error);
    else
        fuse_reply_buf(request, reinterpret_cast<const char*>(reply_buffer), length);
}

void on_write(fuse_req_t request, fuse_ino_t, const char* data, std::size_t size, off_t offset,
              fuse_file_info*) noexcept {
    auto& content = content_of(request);
    const auto begin = static_cast<std::uint64_t>(offset);
    if (begin > content.size() || size > content.size() - begin) {
        fuse_reply_err(request, EFBIG);
        return;
    }
    const int error = content.write(begin, std::as_bytes(std::span(data, size)));
    if (error != 0)
        fuse_reply_err(request, error);
    else
        fuse_reply_write(request, size);
}

void on_fsync(fuse_req_t request, fuse_ino_t, int, fuse_file_info*) noexcept {
    fuse_reply_err(request, content_of(request).sync());
}

// The loop driver sends both discarding and zeroing as a punched hole, and a hole in an encrypted file is no zeros:
// refused, the kernel writes the zeros out.
void on_fallocate(fuse_req_t request, fuse_ino_t, int, off_t, off_t, fuse_file_info*) noexcept {
    fuse_reply_err(request, EOPNOTSUPP);
}

const fuse_lowlevel_ops& operations() {
    static const auto table = [] {
        fuse_lowlevel_ops made{};
        made.init = on_init;
        made.getattr = on_getattr;
        made.open = on_open;
        made.read = on_read;
        made.write = on_write;
        made.fsync = on_fsync;
        made.fallocate = on_fallocate;
        return made;
    }();
    return table;
}

// Takes requests until the file is unmounted. Returns 0 or an errno.
int serve(fuse_session* session, std::byte* buffer) {
    reply_buffer = buffer;
    fuse_buf request{};
    int result = 0;
    while (fuse_session_exited(session) == 0) {
        result = fuse_session_receive_buf(session, &request);
        if (result == -EINTR) continue;
        if (result <= 0) break;
        fuse_session_process_buf(session, &request);
    }
    std::free(request.mem);
    fuse_session_exit(session);
    return result < 0 ? -result : 0;
}

}  // namespace

void FileServer::Destroy::operator()(fuse_session* session) const noexcept {
    fuse_session_unmount(session);
    fuse_session_destroy(session);
}

FileServer::FileServer(const std::string& mount_file, FileContent& content, Caching caching) {
    auto calls = operations();
    if (caching == Caching::writeback) {
        calls.init = on_init_with_writeback;
        calls.setattr = on_setattr;
    }
    std::string program = "kist";
    std::string option = "-osubtype=kist,fsname=kist";
    std::array<char*, 3> arguments{program.data(), option.data(), nullptr};
    fuse_args args{2, arguments.data(), 0};
    auto* const session = fuse_session_new(&args, &calls, sizeof calls, &content);
    fuse_opt_free_args(&args);
    if (session == nullptr) throw Error(ErrorCode::failed, "cannot start a FUSE session");
    if (fuse_session_mount(session, mount_file.c_str()) != 0) {
        const int error = errno;
        fuse_session_destroy(session);
        throw Error::from_errno(error, "cannot mount a FUSE file at " + mount_file,
                                "Is /dev/fuse there, and may this user use it?");
    }
    session_.reset(session);
}

FileServer::~FileServer() = default;

void FileServer::run(unsigned threads) {
    std::vector<PageBuffer> buffers;
    for (unsigned i = 0; i < threads; ++i) buffers.push_back(make_page_buffer(kLargestRequest));
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i)
        others.emplace_back([this, buffer = buffers[i].get()] { serve(session_.get(), buffer); });
    const int error = serve(session_.get(), buffers[0].get());
    for (auto& other : others) other.join();
    if (error != 0 && error != ENODEV) throw Error::from_errno(error, "cannot read FUSE requests");
}

}  // namespace kist::fuse
