#include "repository/plain_file.hpp"

#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

namespace kist::repository {
namespace {

constexpr std::size_t kPastCache = 256U << 10U;  // for less the way to the disk takes too long

}  // namespace

PlainFile::PlainFile(os::Fd file, std::string name)
    : file_(std::move(file)),
      read_(delta::read_file(file_.get(), std::move(name))),
      ctime_(os::status_of(file_.get()).ctime) {}

void PlainFile::go_past_cache() {
    uncached_.emplace(file_.get());
    if (uncached_->is_usable()) os::expect_random_reads(file_.get());  // what it has read ahead would be in the way
}

bool PlainFile::is_past_cache(std::size_t size) const noexcept {
    return size >= kPastCache && uncached_ && uncached_->is_usable();
}

void PlainFile::read(std::uint64_t offset, std::span<std::byte> buffer) const {
    if (is_past_cache(buffer.size()) && uncached_->read(offset, buffer)) return;
    read_(offset, buffer);
}

void PlainFile::expect(std::uint64_t offset, std::uint64_t size) const {
    os::read_ahead(file_.get(), offset, size);
}

bool PlainFile::is_unchanged() const {
    return os::status_of(file_.get()).ctime == ctime_;
}

}  // namespace kist::repository
