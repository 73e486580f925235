#pragma once
// As many open catalogs as there are calls at one time. Threads: any.

#include "kist/repository/repository.hpp"

#include <mutex>
#include <vector>

namespace kist::browse {

class TreeCatalogs {
  public:
    explicit TreeCatalogs(const repository::Repository& repository) : repository_(repository) {}

    // One's own while the object lives.
    class Lease {
      public:
        Lease(TreeCatalogs& owner, repository::Catalog catalog) : owner_(owner), catalog_(std::move(catalog)) {}
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() { owner_.take_back(std::move(catalog_)); }
        repository::Catalog& operator*() { return catalog_; }
        repository::Catalog* operator->() { return &catalog_; }

      private:
        TreeCatalogs& owner_;
        repository::Catalog catalog_;
    };

    Lease lease() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto catalog = std::move(idle_.back());
                idle_.pop_back();
                return {*this, std::move(catalog)};
            }
        }
        return {*this, repository_.open_catalog()};
    }

  private:
    void take_back(repository::Catalog&& catalog) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(catalog));
    }

    const repository::Repository& repository_;
    std::mutex mutex_;
    std::vector<repository::Catalog> idle_;
};

}  // namespace kist::browse
