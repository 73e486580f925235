#include "kist/compression/zstd.hpp"

#include "kist/base/error.hpp"

#include <memory>

#include <zstd.h>

namespace kist::compression {
namespace {

constexpr int kLevel = 3;

struct Free {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

}  // namespace

std::vector<std::byte> compress(std::span<const std::byte> plain) {
    thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    std::vector<std::byte> frame(ZSTD_compressBound(plain.size()));
    const auto size = ZSTD_compressCCtx(context.get(), frame.data(), frame.size(), plain.data(), plain.size(), kLevel);
    if (ZSTD_isError(size) != 0) throw Error(ErrorCode::failed, std::string("zstd: ") + ZSTD_getErrorName(size));
    frame.resize(size);
    return frame;
}

std::vector<std::byte> decompress(std::span<const std::byte> frame, std::size_t size) {
    thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
    if (!context) throw std::bad_alloc();
    if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size)
        throw Error(ErrorCode::damaged, "a zstd frame does not hold what its record says");
    std::vector<std::byte> plain(size);
    const auto got = ZSTD_decompressDCtx(context.get(), plain.data(), plain.size(), frame.data(), frame.size());
    if (ZSTD_isError(got) != 0 || got != size) throw Error(ErrorCode::damaged, "a zstd frame is damaged");
    return plain;
}

}  // namespace kist::compression
