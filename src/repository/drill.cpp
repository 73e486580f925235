#include "kist/repository/drill.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/content_reader.hpp"

#include "repository/content_sample.hpp"
#include "repository/restorable_metadata.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kDetailed = 100;
// Of those that are too large for a small drill. Then it has looked long enough.
constexpr std::size_t kMostPassedOver = 256;
constexpr DrillExtent kSmall{
    .percent = std::nullopt, .files = 16, .most_bytes = 32 * kMiB, .longest = std::chrono::seconds{2}};

class Drill {
  public:
    Drill(const Repository& repository, const DrillOptions& options)
        : options_(options),
          sample_(repository.catalog_path(), options.seed),
          catalog_(repository.open_catalog()),
          reader_(repository, catalog_) {}

    DrillResult run() {
        if (options_.extent.longest)
            run_small();
        else
            run_large();
        return std::move(result_);
    }

  private:
    void run_small() {
        const auto end = std::chrono::steady_clock::now() + *options_.extent.longest;
        expect(options_.extent.files);
        while (result_.files < options_.extent.files && passed_over_ < kMostPassedOver &&
               std::chrono::steady_clock::now() < end) {
            const auto content = sample_.next();
            if (!content) break;
            try_one(*content);
        }
    }

    void run_large() {
        const auto& percent = options_.extent.percent;
        const auto contents =
            sample_.exactly(percent ? (sample_.count() * *percent + 99) / 100 : options_.extent.files);
        expect(contents.size());
        for (const auto content : contents) try_one(content);
    }

    void expect(std::uint64_t files) const {
        if (options_.progress != nullptr) options_.progress->files_total = files;
    }

    void try_one(ContentId id) {
        throw_if_interrupted();
        const auto version = sample_.version_of(id);
        const auto content = catalog_.find_content(id);
        if (!version || !content || content->place == ContentPlace::lost) return;
        if (content->size > (options_.extent.most_bytes - result_.bytes).value) {
            ++passed_over_;
            return;
        }
        DrillFailure failure{version->snapshot, "", ""};
        try {
            restore(*version, failure.path);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::not_found) throw;
            if (is_gone(*version)) return;
            failure.reason = error.message();
            if (result_.failure_count++ < kDetailed) result_.failures.push_back(std::move(failure));
        }
        ++result_.files;
        if (options_.progress != nullptr) ++options_.progress->files_done;
    }

    // The way of a restore: the path leads to the entry, and the entry to its bytes. Throws damaged.
    void restore(const ContentSample::Version& version, std::string& path) {
        const auto snapshot = catalog_.snapshot(version.snapshot);
        const auto chosen = catalog_.find_entry(snapshot, version.entry);
        if (!chosen) throw Error(ErrorCode::not_found, "it was forgotten");
        path = catalog_.source_path(*chosen, snapshot.number);
        const auto entry = catalog_.find_path(snapshot, path);
        if (!entry || entry->id != chosen->id)
            throw Error(ErrorCode::damaged, "the catalog does not lead from its path to it");
        require_restorable(entry->metadata);
        const auto content = reader_.read(
            *entry->content, [&](std::uint64_t, std::span<const std::byte> data) { take(data); }, [] {});
        if (content.size != entry->metadata.size)
            throw Error(ErrorCode::damaged, fmt::format("the catalog says that it has {} bytes, its content has {}",
                                                        entry->metadata.size, content.size));
        result_.bytes += {content.size};
    }

    void take(std::span<const std::byte> data) const {
        throw_if_interrupted();
        if (options_.progress != nullptr) options_.progress->bytes_done += data.size();
    }

    // Forgotten by another process since it was chosen.
    bool is_gone(const ContentSample::Version& version) {
        try {
            return !catalog_.find_entry(catalog_.snapshot(version.snapshot), version.entry);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::not_found) throw;
            return error.code() == ErrorCode::not_found;
        }
    }

    void throw_if_interrupted() const {
        if (options_.interrupt != nullptr && *options_.interrupt)
            throw Error(ErrorCode::interrupted, "the drill was interrupted");
    }

    const DrillOptions& options_;
    ContentSample sample_;
    Catalog catalog_;
    ContentReader reader_;
    DrillResult result_;
    std::size_t passed_over_ = 0;
};

}  // namespace

DrillExtent small_extent() {
    return kSmall;
}

DrillResult drill(const Repository& repository, const DrillOptions& options) {
    return Drill(repository, options).run();
}

}  // namespace kist::repository
