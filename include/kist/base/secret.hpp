#pragma once
// Bytes kept from swap and core dumps as far as the kernel allows, wiped on destruction. Best effort: a library given
// them may keep copies, and where RLIMIT_MEMLOCK is used up the pages stay unlocked (locked() says so). Move-only,
// never printed, never compared. expose() is the only way to the bytes: search for it to find every use.

#include <cstddef>
#include <span>

namespace kist {

class Secret {
  public:
    Secret() noexcept = default;
    explicit Secret(std::size_t size);  // zero bytes, to be filled through expose()
    // Copies the bytes; wiping the caller's copy stays the caller's work.
    static Secret copy_of(std::span<const std::byte> bytes);

    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    std::span<std::byte> expose() noexcept { return {data_, size_}; }
    std::span<const std::byte> expose() const noexcept { return {data_, size_}; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    bool locked() const noexcept { return locked_; }

    // Shortens to `size` bytes and wipes the rest. size <= this->size().
    void truncate(std::size_t size) noexcept;

  private:
    void release() noexcept;

    std::byte* data_ = nullptr;  // whole pages of its own
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;
    bool locked_ = false;
};

}  // namespace kist
