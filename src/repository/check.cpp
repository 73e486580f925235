#include "kist/repository/check.hpp"

#include "kist/base/error.hpp"
#include "kist/os/bounded_queue.hpp"
#include "kist/os/parallel.hpp"
#include "kist/repository/content_reader.hpp"

#include "repository/layout.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <variant>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kBatchSize = 64;
constexpr std::size_t kQueuedBatches = 8;
constexpr std::size_t kConcerned = 100;
constexpr std::size_t kDetailed = 1000;

// A name of latest/, or a content in history.
using Task = std::variant<LiveEntry, Content>;
using Trouble = std::optional<std::string>;

// Device nodes and sockets need rights, or a filesystem, that a mirror may lack. The catalog has them.
bool may_be_missing(os::FileType type) {
    return type == os::FileType::character_device || type == os::FileType::block_device || type == os::FileType::socket;
}

// The threads' result, and the counters that are shown meanwhile.
class Findings {
  public:
    explicit Findings(CheckProgress* progress) : progress_(progress) {}

    void expect(const Totals& totals) {
        if (progress_ == nullptr) return;
        progress_->files_total = totals.files;
        progress_->bytes_total = totals.bytes.value;
    }

    void add_name() {
        const std::lock_guard lock(mutex_);
        ++result_.entries;
    }

    void add_read(std::uint64_t CheckResult::*counter, ByteCount bytes) {
        if (progress_ != nullptr) {
            ++progress_->files_done;
            progress_->bytes_done += bytes.value;
        }
        const std::lock_guard lock(mutex_);
        ++(result_.*counter);
        result_.bytes_read += bytes;
    }

    // describe() is called only where there is still room for details.
    template <typename Describe>
    void add_damage(Describe describe) {
        {
            const std::lock_guard lock(mutex_);
            if (result_.damage_count++ >= kDetailed) return;
        }
        auto damage = describe();
        const std::lock_guard lock(mutex_);
        result_.damage.push_back(std::move(damage));
    }

    CheckResult& result() { return result_; }  // while no other thread is at work

  private:
    CheckProgress* const progress_;
    std::mutex mutex_;
    CheckResult result_;
};

// Files that were found right, by their inode: the names of one file are read once.
class GoodFiles {
  public:
    bool contains(std::uint64_t inode) {
        const std::lock_guard lock(mutex_);
        return inodes_.contains(inode);
    }
    void add(std::uint64_t inode) {
        const std::lock_guard lock(mutex_);
        inodes_.insert(inode);
    }

  private:
    std::mutex mutex_;
    std::set<std::uint64_t> inodes_;
};

// One thread's part: looks at one task after the other.
class Examiner {
  public:
    Examiner(const Repository& repository, const CheckOptions& options, Findings& findings, GoodFiles& good_files)
        : repository_(repository),
          options_(options),
          findings_(findings),
          good_files_(good_files),
          catalog_(repository.open_catalog()),
          reader_(repository, catalog_) {}

    // What is to be looked at was listed a while ago: trouble counts where the newest state still says the same.
    void examine(LiveEntry name) {
        for (;;) {
            const auto version = catalog_.version();
            const auto trouble = trouble_with(name);
            if (!trouble || is_lost(name.entry)) break;
            auto newest = catalog_.find_live(name.entry.id);
            if (!newest) return;  // it has left latest/
            const bool moved = newest->mirror_path != name.mirror_path;
            if (!moved && !reader_.is_worth_another_look(version)) {
                findings_.add_damage([&] { return describe(*trouble, name.entry); });
                break;
            }
            name = std::move(*newest);
        }
        findings_.add_name();
        if (is_read(name.entry)) findings_.add_read(&CheckResult::files, {name.entry.metadata.size});
    }

    void examine(Content content) {
        for (;;) {
            const auto version = catalog_.version();
            const auto trouble = trouble_with(content);
            if (!trouble) break;
            const auto newest = catalog_.find_content(content.id);
            if (!newest || newest->place == ContentPlace::mirror) return;  // it has left history
            const bool moved =
                newest->place != content.place || newest->pack != content.pack || newest->offset != content.offset;
            if (!moved && !reader_.is_worth_another_look(version)) {
                findings_.add_damage([&] { return describe(*trouble, content.id); });
                break;
            }
            content = *newest;
        }
        if (content.place != ContentPlace::lost) findings_.add_read(&CheckResult::contents, {content.size});
    }

  private:
    bool is_read(const Entry& entry) {
        if (options_.depth != CheckDepth::contents || entry.metadata.type != os::FileType::regular) return false;
        if (options_.range.is_all()) return true;
        const auto content = catalog_.find_content(*entry.content);
        return content && options_.range.contains(content->hash);
    }

    // Then it is named as a content.
    bool is_lost(const Entry& entry) {
        const auto content = entry.content ? catalog_.find_content(*entry.content) : std::nullopt;
        return content && content->place == ContentPlace::lost;
    }

    Trouble trouble_with(const LiveEntry& name) {
        const auto& path = name.mirror_path;
        const auto& metadata = name.entry.metadata;
        const auto slash = path.rfind('/');
        const auto folder = repository_.mirror().find_below(path.substr(0, slash));
        const auto status = folder ? folder->find_status(path.substr(slash + 1)) : std::nullopt;
        const auto shown = fmt::format("{}/{}", kMirror, os::printable(path));
        if (!status) return may_be_missing(metadata.type) ? Trouble() : shown + " is missing";
        if (status->type != metadata.type) return shown + " is something else than what was backed up";
        if (metadata.type == os::FileType::symlink &&
            folder->read_link(path.substr(slash + 1)) != metadata.symlink_target)
            return shown + " leads elsewhere";
        if (metadata.type != os::FileType::regular) return std::nullopt;
        if (status->size != metadata.size)
            return fmt::format("{} has {} bytes, not {}", shown, status->size, metadata.size);
        return is_read(name.entry) ? trouble_with_content(name, status->inode) : std::nullopt;
    }

    Trouble trouble_with_content(const LiveEntry& name, std::uint64_t inode) {
        const bool has_other_names = name.entry.node.has_value();
        if (has_other_names && good_files_.contains(inode)) return std::nullopt;
        const auto content = catalog_.find_content(*name.entry.content);
        if (!content) return os::printable(name.mirror_path) + " has a content that the catalog does not know";
        const auto trouble = reader_.trouble_in_mirror(*content, name.mirror_path);
        if (has_other_names && !trouble) good_files_.add(inode);
        return trouble;
    }

    Trouble trouble_with(const Content& content) {
        if (content.place == ContentPlace::lost) return "lost: an earlier run found no good copy";
        return reader_.trouble_in_history(content);
    }

    Damage describe(const std::string& reason, const Entry& entry) {
        Damage damage{reason, true, {}, entry.id, {}};
        if (entry.content) {
            damage.is_recoverable = can_be_read(*entry.content);
            damage.concerned = catalog_.occurrences(*entry.content, kConcerned);
        } else if (auto occurrence = catalog_.find_occurrence(entry)) {
            damage.concerned.push_back(std::move(*occurrence));
        }
        return damage;
    }

    Damage describe(const std::string& reason, ContentId content) {
        return {reason, can_be_read(content), catalog_.occurrences(content, kConcerned), {}, content};
    }

    bool can_be_read(ContentId content) {
        try {
            reader_.read(
                content, [](auto, auto) {}, [] {});
            return true;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            return false;
        }
    }

    const Repository& repository_;
    const CheckOptions& options_;
    Findings& findings_;
    GoodFiles& good_files_;
    Catalog catalog_;
    ContentReader reader_;
};

class Checker {
  public:
    Checker(const Repository& repository, const CheckOptions& options)
        : repository_(repository), options_(options), findings_(options.progress) {}

    CheckResult run() {
        auto catalog = repository_.open_catalog();
        findings_.result().inconsistencies = catalog.inconsistencies();
        if (options_.depth == CheckDepth::contents) findings_.expect(part_of(catalog.stored_totals()));
        std::atomic<bool> producing = false;
        const auto threads = options_.threads == 0 ? os::core_count() : options_.threads;
        os::run_in_parallel(threads + 1, [&] {
            try {
                producing.exchange(true) ? work() : produce(catalog);
            } catch (...) {
                queue_.abort();
                throw;
            }
        });
        return std::move(findings_.result());
    }

  private:
    using Batch = std::vector<Task>;

    // As much of it as the range is likely to hold.
    Totals part_of(const Totals& all) const {
        if (options_.range.is_all()) return all;
        const std::uint64_t part = options_.range.end - options_.range.begin;
        return {all.files * part / HashRange::kAll, ByteCount{all.bytes.value / HashRange::kAll * part}};
    }

    void produce(Catalog& catalog) {
        Batch batch;
        const auto add = [&](Task&& task) {
            batch.push_back(std::move(task));
            if (batch.size() == kBatchSize) hand_out(std::exchange(batch, {}));
        };
        as_far_as_sound([&] { catalog.each_live_entry(add); });
        as_far_as_sound([&] {
            catalog.each_content([&](const Content& content) {
                const bool is_lost = content.place == ContentPlace::lost;
                if (is_lost || (options_.depth == CheckDepth::contents && content.place != ContentPlace::mirror &&
                                options_.range.contains(content.hash)))
                    add(content);
            });
        });
        hand_out(std::move(batch));
        queue_.close();
    }

    // What keeps the catalog from being listed has been named as an inconsistency, unless it came up since.
    void as_far_as_sound(const std::function<void()>& list) {
        try {
            list();
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            auto& lines = findings_.result().inconsistencies;
            if (std::ranges::find(lines, error.message()) == lines.end()) lines.push_back(error.message());
        }
    }

    void hand_out(Batch&& batch) {
        throw_if_interrupted();
        if (!queue_.push(std::move(batch))) throw Error(ErrorCode::interrupted, "the check has stopped");
    }

    void work() {
        Examiner examiner(repository_, options_, findings_, good_files_);
        while (auto batch = queue_.pop()) {
            for (auto& task : *batch) {
                throw_if_interrupted();
                std::visit([&](auto& one) { examiner.examine(std::move(one)); }, task);
            }
        }
    }

    void throw_if_interrupted() const {
        if (options_.interrupt != nullptr && *options_.interrupt)
            throw Error(ErrorCode::interrupted, "the check was interrupted");
    }

    const Repository& repository_;
    const CheckOptions& options_;
    Findings findings_;
    GoodFiles good_files_;
    os::BoundedQueue<Batch> queue_{kQueuedBatches};
};

}  // namespace

CheckResult check(const Repository& repository, const CheckOptions& options) {
    return Checker(repository, options).run();
}

}  // namespace kist::repository
