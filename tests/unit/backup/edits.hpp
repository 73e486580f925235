#pragma once
// Contents of test files and changes to them.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace kist::test {

inline std::string noise(unsigned seed, std::size_t size) {
    std::mt19937_64 generator(seed);
    std::vector<std::uint64_t> words(size / 8 + 1);
    for (auto& word : words) word = generator();
    return {reinterpret_cast<const char*>(words.data()), size};
}

inline void overwrite(const std::string& path, std::size_t offset, const std::string& bytes) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
}

}  // namespace kist::test
