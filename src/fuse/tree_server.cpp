#define FUSE_USE_VERSION 314
#include "kist/fuse/tree_server.hpp"

#include "kist/base/error.hpp"

#include "fuse/read_ahead.hpp"
#include "fuse/reply_buffer.hpp"
#include "fuse/tree_calls.hpp"
#include "fuse/wakeable_threads.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <fuse_lowlevel.h>

namespace kist::fuse {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{200};

// libfuse splits options at commas.
std::string escaped(std::string_view value) {
    std::string text;
    for (const char character : value) {
        if (character == ',' || character == '\\') text += '\\';
        text += character;
    }
    return text;
}

std::string options_of(const TreeMount& mount) {
    std::string options = "-oro,nosuid,nodev,noexec,subtype=kist,fsname=" + escaped(mount.source);
    if (mount.visibility == Visibility::everybody) options += ",allow_other,default_permissions";
    return options;
}

void answer_requests(fuse_session* session) {
    const auto buffer = make_page_buffer(kLargestRead);
    use_reply_buffer(buffer.get());
    fuse_buf request{};
    while (fuse_session_exited(session) == 0) {
        const int result = fuse_session_receive_buf(session, &request);
        if (result == -EINTR) continue;
        if (result <= 0) break;
        fuse_session_process_buf(session, &request);
    }
    std::free(request.mem);
    fuse_session_exit(session);
}

}  // namespace

struct TreeServer::Served : ServedTree {};

void TreeServer::Destroy::operator()(fuse_session* session) const noexcept {
    fuse_session_unmount(session);
    fuse_session_destroy(session);
}

TreeServer::TreeServer(const TreeMount& mount, Tree& tree) : served_(new Served{{tree, mount.visibility}}) {
    std::string program = "kist";
    std::string option = options_of(mount);
    std::array<char*, 3> arguments{program.data(), option.data(), nullptr};
    fuse_args args{2, arguments.data(), 0};
    const auto& calls = tree_calls();
    auto* const session = fuse_session_new(&args, &calls, sizeof calls, static_cast<ServedTree*>(served_.get()));
    fuse_opt_free_args(&args);
    if (session == nullptr) throw Error(ErrorCode::failed, "cannot start a FUSE session");
    if (fuse_session_mount(session, mount.folder.c_str()) != 0) {
        const int error = errno;
        fuse_session_destroy(session);
        throw Error::from_errno(error, "cannot mount at " + mount.folder,
                                "Is /dev/fuse there, and may this user use it?");
    }
    session_.reset(session);
    set_read_ahead(mount.folder, kReadAhead);
}

TreeServer::~TreeServer() = default;

void TreeServer::run(unsigned threads, const std::atomic<bool>& stop) {
    WakeableThreads workers(threads, [session = session_.get()] { answer_requests(session); });
    while (!workers.wait_for_all(kBetweenLooks)) {
        if (!stop) continue;
        served_->stopping = true;
        fuse_session_exit(session_.get());
        workers.wake();
    }
    fuse_session_unmount(session_.get());  // not while others read its descriptor, which this closes
}

}  // namespace kist::fuse
