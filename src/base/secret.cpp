#include "kist/base/secret.hpp"

#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace kist {

Secret::Secret(std::size_t size) : size_(size) {
    if (size == 0) return;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    mapped_ = (size + page - 1) / page * page;
    void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<std::byte*>(memory);
    locked_ = mlock(data_, mapped_) == 0;
    madvise(data_, mapped_, MADV_DONTDUMP);
    madvise(data_, mapped_, MADV_WIPEONFORK);
}

Secret Secret::copy_of(std::span<const std::byte> bytes) {
    Secret secret(bytes.size());
    if (!bytes.empty()) std::memcpy(secret.data_, bytes.data(), bytes.size());
    return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)),
      locked_(std::exchange(other.locked_, false)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    mapped_ = std::exchange(other.mapped_, 0);
    locked_ = std::exchange(other.locked_, false);
    return *this;
}

Secret::~Secret() {
    release();
}

void Secret::truncate(std::size_t size) noexcept {
    assert(size <= size_);
    if (data_ != nullptr) explicit_bzero(data_ + size, size_ - size);
    size_ = size;
}

void Secret::release() noexcept {
    if (data_ == nullptr) return;
    explicit_bzero(data_, mapped_);
    munmap(data_, mapped_);
    data_ = nullptr;
}

}  // namespace kist
