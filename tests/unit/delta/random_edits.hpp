#pragma once
// What people and programs do to files: a version made out of another one by edits, at random.

#include "random_deltas.hpp"

namespace kist::delta::test {

class Editor {
  public:
    Editor(Random& random, Bytes content) : random_(random), content_(std::move(content)) {}

    Bytes edited() {
        for (auto edits = random_.below(7); edits > 0; --edits) edit();
        return std::move(content_);
    }

  private:
    void edit() {
        switch (random_.below(9)) {
            case 0:
                return insert(place(), random_.bytes(random_.any_size(200)));
            case 1:
                return insert(place(), Bytes(random_.any_size(400)));
            case 2:
                return erase(place(), random_.any_size(200));
            case 3:
                return overwrite(place(), random_.bytes(random_.any_size(200)));
            case 4:
                return overwrite(place(), Bytes(random_.any_size(400)));
            case 5:
                return insert(place(), copied(random_.any_size(500)));  // duplicated
            case 6:
                return overwrite(place() / 16 * 16, copied(random_.any_size(20) * 16));  // duplicated as blocks
            case 7:
                return insert(content_.size(), random_.bytes(random_.any_size(300)));  // appended
            default:
                return content_.resize(random_.below(content_.size() + 1));  // truncated
        }
    }

    std::uint64_t place() { return random_.below(content_.size() + 1); }
    auto at(std::uint64_t offset) { return content_.begin() + static_cast<std::ptrdiff_t>(offset); }
    Bytes copied(std::uint64_t length) {
        const auto from = place();
        return {at(from), at(std::min<std::uint64_t>(from + length, content_.size()))};
    }
    void insert(std::uint64_t where, const Bytes& bytes) { content_.insert(at(where), bytes.begin(), bytes.end()); }
    void erase(std::uint64_t from, std::uint64_t length) {
        content_.erase(at(from), at(std::min<std::uint64_t>(from + length, content_.size())));
    }
    void overwrite(std::uint64_t from, const Bytes& bytes) {
        const auto fits = std::min<std::uint64_t>(bytes.size(), content_.size() - from);
        std::copy_n(bytes.begin(), fits, at(from));
    }

    Random& random_;
    Bytes content_;
};

// Of runs of zeros, of repeated blocks, and of what is like nothing else.
inline Bytes random_content(Random& random) {
    Bytes content;
    for (auto parts = random.below(6); parts > 0; --parts) {
        const auto part = random.below(3) == 0 ? Bytes(random.any_size(1500))
                                               : random.bytes(random.any_size(1500), random.below(2) == 0 ? 2 : 256);
        content.insert(content.end(), part.begin(), part.end());
    }
    return content;
}

}  // namespace kist::delta::test
