#pragma once
// A file that is only in memory.

#include "kist/delta/signature.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include <span>

#include <sys/mman.h>

namespace kist::delta::test {

class MemoryFile {
  public:
    MemoryFile() : file_(memfd_create("kist-test", MFD_CLOEXEC)) {}
    explicit MemoryFile(std::span<const std::byte> content) : MemoryFile() {
        os::write_at(file_.get(), 0, content, "memory");
        size_ = content.size();
    }

    int fd() const { return file_.get(); }
    InputFile input() const { return {file_.get(), "memory", size_}; }
    void write(std::uint64_t offset, std::span<const std::byte> bytes) {
        os::write_at(file_.get(), offset, bytes, "memory");
        size_ = std::max<std::uint64_t>(size_, offset + bytes.size());
    }
    void resize(std::uint64_t size) {
        os::truncate(file_.get(), size, "memory");
        size_ = size;
    }

  private:
    os::Fd file_;
    std::uint64_t size_ = 0;
};

}  // namespace kist::delta::test
