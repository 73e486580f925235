#pragma once
// Memory that begins on a page, for requests' data.

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace kist::fuse {

constexpr std::size_t kPage = 4096;

struct FreeMemory {
    void operator()(void* memory) const noexcept { std::free(memory); }
};
using PageBuffer = std::unique_ptr<std::byte, FreeMemory>;

inline PageBuffer make_page_buffer(std::size_t size) {
    auto* const memory = static_cast<std::byte*>(std::aligned_alloc(kPage, size));
    if (memory == nullptr) throw std::bad_alloc();
    return PageBuffer(memory);
}

}  // namespace kist::fuse
