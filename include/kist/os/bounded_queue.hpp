#pragma once
// Hands work from one thread to others, so many items at a time: the producer waits when it is ahead. Threads: any.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace kist::os {

template <typename Item>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    // Waits for room. false: the queue was closed or aborted, the item is dropped.
    bool push(Item item) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
        if (closed_) return false;
        items_.push_back(std::move(item));
        work_.notify_one();
        return true;
    }

    // Waits for an item. nullopt: there will be none any more.
    std::optional<Item> pop() {
        std::unique_lock lock(mutex_);
        work_.wait(lock, [&] { return closed_ || !items_.empty(); });
        if (items_.empty()) return std::nullopt;
        std::optional<Item> item(std::move(items_.front()));
        items_.pop_front();
        room_.notify_one();
        return item;
    }

    void close() {  // what is in it is still handed out
        const std::lock_guard lock(mutex_);
        closed_ = true;
        work_.notify_all();
        room_.notify_all();
    }

    void abort() {  // what is in it is dropped
        const std::lock_guard lock(mutex_);
        items_.clear();
        closed_ = true;
        work_.notify_all();
        room_.notify_all();
    }

  private:
    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable work_;
    std::deque<Item> items_;
    bool closed_ = false;
};

}  // namespace kist::os
