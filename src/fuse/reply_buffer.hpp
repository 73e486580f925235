#pragma once
// Memory for the data of requests, in large pages where the kernel gives some: FUSE and direct reads pin memory page by
// page, and small ones cost a tenth of the time of reading through `kist mount`.

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#include <sys/mman.h>

namespace kist::fuse {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLargePage = 2 << 20;

struct FreeMemory {
    void operator()(void* memory) const noexcept { std::free(memory); }
};
using PageBuffer = std::unique_ptr<std::byte, FreeMemory>;

// At least so many bytes; begins on a page.
inline PageBuffer make_page_buffer(std::size_t size) {
    size = (size + kLargePage - 1) / kLargePage * kLargePage;
    auto* const memory = static_cast<std::byte*>(std::aligned_alloc(kLargePage, size));
    if (memory == nullptr) throw std::bad_alloc();
    madvise(memory, size, MADV_HUGEPAGE);  // where there are none, small ones do
    return PageBuffer(memory);
}

}  // namespace kist::fuse
