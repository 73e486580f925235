#pragma once
// What is damaged does not hide what is sound: its error waits until the rest is done. One thread at a time.

#include "kist/base/error.hpp"

#include <optional>

namespace kist {

class DeferredDamage {
  public:
    // Of errors with the code `damaged` the first is kept; others are the caller's.
    template <typename Step>
    void attempt(Step step) {
        try {
            step();
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            if (!first_) first_ = error;
        }
    }

    // Throws what was kept.
    void surface() const {
        if (first_) throw Error(*first_);
    }

  private:
    std::optional<Error> first_;
};

}  // namespace kist
