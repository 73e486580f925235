#include "restore/tally.hpp"

#include "kist/base/error.hpp"

#include <fmt/format.h>

namespace kist::restore {
namespace {

constexpr std::size_t kNamed = 1000;

}  // namespace

void Tally::expect(std::uint64_t files, ByteCount bytes) {
    if (progress_ == nullptr) return;
    progress_->files_total = files;
    progress_->bytes_total = bytes.value;
}

void Tally::advance(std::uint64_t bytes) {
    if (progress_ != nullptr) progress_->bytes_done += bytes;
}

void Tally::take_back(std::uint64_t bytes) {
    if (progress_ != nullptr) progress_->bytes_done -= bytes;
}

void Tally::file_is_done() {
    if (progress_ != nullptr) ++progress_->files_done;
}

void Tally::add_placed(const repository::Metadata& metadata) {
    const std::lock_guard lock(mutex_);
    if (metadata.type != os::FileType::regular) {
        ++summary_.others;
        return;
    }
    ++summary_.files;
    summary_.bytes += {metadata.size};
}

void Tally::add_directory() {
    const std::lock_guard lock(mutex_);
    ++summary_.directories;
}

void Tally::add_unchanged() {
    const std::lock_guard lock(mutex_);
    ++summary_.unchanged;
}

void Tally::add_beside(const repository::Metadata& metadata) {
    add_placed(metadata);
    const std::lock_guard lock(mutex_);
    ++summary_.beside;
}

void Tally::add_deleted() {
    const std::lock_guard lock(mutex_);
    ++summary_.deleted;
}

void Tally::add_not_deleted() {
    const std::lock_guard lock(mutex_);
    ++summary_.not_deleted;
}

void Tally::withhold_deletion(std::string reason) {
    const std::lock_guard lock(mutex_);
    summary_.deletion_withheld = std::move(reason);
}

bool Tally::has_trouble() const {
    const std::lock_guard lock(mutex_);
    return summary_.damaged.count + summary_.failed.count > 0;
}

void Tally::add_kept() {
    const std::lock_guard lock(mutex_);
    ++summary_.kept;
}

void Tally::add_owner_refused() {
    const std::lock_guard lock(mutex_);
    ++summary_.owners_refused;
}

void Tally::add_attributes_refused(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    summary_.attributes_refused += count;
}

void Tally::add_flags_refused(std::string path, os::FileFlags flags) {
    if (flags != 0)
        add(summary_.flags_refused, std::move(path), fmt::format("{}", fmt::join(os::names_of(flags), ", ")));
}

void Tally::add_damaged(std::string path, std::string reason) {
    add(summary_.damaged, std::move(path), std::move(reason));
}

void Tally::add_failed(std::string path, std::string reason) {
    add(summary_.failed, std::move(path), std::move(reason));
}

void Tally::add_skipped(std::string path, std::string reason) {
    add(summary_.skipped, std::move(path), std::move(reason));
}

void Tally::throw_if_interrupted() const {
    if (interrupt_ != nullptr && *interrupt_) throw Error(ErrorCode::interrupted, "the restore was interrupted");
}

RestoreSummary Tally::summary() const {
    const std::lock_guard lock(mutex_);
    return summary_;
}

void Tally::add(Troubles& troubles, std::string path, std::string reason) {
    const std::lock_guard lock(mutex_);
    ++troubles.count;
    if (troubles.first.size() < kNamed) troubles.first.push_back({std::move(path), std::move(reason)});
}

}  // namespace kist::restore
