#pragma once
// Contents of test files and changes to them.

#include <cstddef>
#include <fstream>
#include <random>
#include <string>

namespace kist::test {

inline std::string noise(unsigned seed, std::size_t size) {
    std::mt19937_64 generator(seed);
    std::string bytes(size, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(generator());
    return bytes;
}

inline void overwrite(const std::string& path, std::size_t offset, const std::string& bytes) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
}

}  // namespace kist::test
