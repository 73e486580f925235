#include "crypto/side_by_side.hpp"

#ifdef KIST_HAS_IPSEC_MB

#include "kist/base/error.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#define NO_COMPAT_IMB_API_053  // its old names are OpenSSL's
#include <intel-ipsec-mb.h>

namespace kist::crypto {
namespace {

struct FreeManager {
    void operator()(IMB_MGR* manager) const noexcept { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

// With the CPU's SHA instructions, two at a time are faster than many in the lanes of wide registers.
Manager make_manager() {
    Manager manager(alloc_mb_mgr(0));
    if (!manager) return nullptr;
    if ((manager->features & IMB_FEATURE_SHANI) != 0)
        init_mb_mgr_sse(manager.get());
    else
        init_mb_mgr_auto(manager.get(), nullptr);
    return imb_get_errno(manager.get()) == 0 ? std::move(manager) : nullptr;
}

bool is_completed(const IMB_JOB* job) {
    return job == nullptr || job->status == IMB_STATUS_COMPLETED;
}

// False: a job, this one or one before it, has come out wrong.
bool submit(IMB_MGR* manager, std::span<const std::byte> message, Digest& digest) {
    auto* const job = IMB_GET_NEXT_JOB(manager);
    *job = {};
    job->cipher_mode = IMB_CIPHER_NULL;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->hash_alg = IMB_AUTH_SHA_256;
    job->src = reinterpret_cast<const std::uint8_t*>(message.data());
    job->msg_len_to_hash_in_bytes = message.size();
    job->auth_tag_output = reinterpret_cast<std::uint8_t*>(digest.bytes.data());
    job->auth_tag_output_len_in_bytes = digest.bytes.size();
    return is_completed(IMB_SUBMIT_JOB(manager));
}

}  // namespace

bool hash_side_by_side(std::byte prefix, std::span<const std::byte> bytes, std::size_t size,
                       std::span<Digest> digests) {
    thread_local const auto manager = make_manager();
    thread_local std::vector<std::byte> messages;  // each a prefix and a copy of its piece
    if (!manager) return false;
    messages.resize(kMostSideBySide * (size + 1));
    auto room = std::span(messages);
    bool are_right = true;
    for (auto& digest : digests) {
        const auto piece = bytes.first(std::min(size, bytes.size()));
        const auto message = room.first(piece.size() + 1);
        message.front() = prefix;
        std::copy(piece.begin(), piece.end(), message.begin() + 1);
        are_right = submit(manager.get(), message, digest) && are_right;
        bytes = bytes.subspan(piece.size());
        room = room.subspan(message.size());
    }
    // To the end, whatever happened: no job may outlive what it reads and writes.
    while (const auto* const job = IMB_FLUSH_JOB(manager.get())) are_right = is_completed(job) && are_right;
    if (!are_right) throw Error(ErrorCode::failed, "libIPSec_MB cannot compute SHA-256");
    return true;
}

}  // namespace kist::crypto

#else

namespace kist::crypto {

bool hash_side_by_side(std::byte, std::span<const std::byte>, std::size_t, std::span<Digest>) {
    return false;
}

}  // namespace kist::crypto

#endif
