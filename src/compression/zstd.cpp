#include "kist/compression/zstd.hpp"

#include "kist/base/error.hpp"

#include <algorithm>
#include <bit>
#include <memory>

#include <zstd.h>

namespace kist::compression {
namespace {

constexpr int kLevel = 3;
constexpr int kSmallestWindowLog = 10;
constexpr int kLargestWindowLog = 27;  // what every zstd decompresses without being asked to

struct Free {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

ZSTD_CCtx* compression_context() {
    thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    return context.get();
}

ZSTD_DCtx* decompression_context() {
    thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
    if (!context) throw std::bad_alloc();
    return context.get();
}

std::size_t checked(std::size_t result) {
    if (ZSTD_isError(result) != 0) throw Error(ErrorCode::failed, std::string("zstd: ") + ZSTD_getErrorName(result));
    return result;
}

// The whole prefix has to be within reach of the last byte.
int window_log(std::size_t reach) {
    return std::clamp(static_cast<int>(std::bit_width(reach)), kSmallestWindowLog, kLargestWindowLog);
}

// Each call begins as if the context were new.
class PrefixCompression {
  public:
    PrefixCompression() : context_(compression_context()) {}
    PrefixCompression(const PrefixCompression&) = delete;
    PrefixCompression& operator=(const PrefixCompression&) = delete;
    ~PrefixCompression() { ZSTD_CCtx_reset(context_, ZSTD_reset_session_and_parameters); }

    std::size_t run(std::span<std::byte> frame, std::span<const std::byte> plain, std::span<const std::byte> prefix) {
        checked(ZSTD_CCtx_reset(context_, ZSTD_reset_session_and_parameters));
        checked(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel));
        checked(ZSTD_CCtx_setParameter(context_, ZSTD_c_enableLongDistanceMatching, 1));
        checked(ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, window_log(plain.size() + prefix.size())));
        checked(ZSTD_CCtx_refPrefix(context_, prefix.data(), prefix.size()));
        return checked(ZSTD_compress2(context_, frame.data(), frame.size(), plain.data(), plain.size()));
    }

  private:
    ZSTD_CCtx* context_;
};

std::vector<std::byte> decompress_after(std::span<const std::byte> frame, std::span<const std::byte> prefix,
                                        std::size_t size) {
    auto* context = decompression_context();
    if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size)
        throw Error(ErrorCode::damaged, "a zstd frame does not hold what its record says");
    std::vector<std::byte> plain(size);
    checked(ZSTD_DCtx_reset(context, ZSTD_reset_session_only));
    checked(ZSTD_DCtx_refPrefix(context, prefix.data(), prefix.size()));
    const auto got = ZSTD_decompressDCtx(context, plain.data(), plain.size(), frame.data(), frame.size());
    if (ZSTD_isError(got) != 0 || got != size) throw Error(ErrorCode::damaged, "a zstd frame is damaged");
    return plain;
}

}  // namespace

std::vector<std::byte> compress(std::span<const std::byte> plain) {
    std::vector<std::byte> frame(ZSTD_compressBound(plain.size()));
    frame.resize(checked(
        ZSTD_compressCCtx(compression_context(), frame.data(), frame.size(), plain.data(), plain.size(), kLevel)));
    return frame;
}

std::vector<std::byte> decompress(std::span<const std::byte> frame, std::size_t size) {
    return decompress_after(frame, {}, size);
}

std::vector<std::byte> compress_with_prefix(std::span<const std::byte> plain, std::span<const std::byte> prefix) {
    std::vector<std::byte> frame(ZSTD_compressBound(plain.size()));
    frame.resize(PrefixCompression().run(frame, plain, prefix));
    return frame;
}

std::vector<std::byte> decompress_with_prefix(std::span<const std::byte> frame, std::span<const std::byte> prefix,
                                              std::size_t size) {
    return decompress_after(frame, prefix, size);
}

}  // namespace kist::compression
