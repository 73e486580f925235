// The floor under any scan: two threads that list every directory below a folder and look at every name, and do nothing
// else. statx_walk FOLDER prints the number of names.

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/parallel.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace {

class Walk {
  public:
    explicit Walk(const std::string& root) : root_(kist::os::Directory::open(root)) {}

    std::uint64_t count() {
        kist::os::run_in_parallel(2, [this] { work(); });
        return names_;
    }

  private:
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return !waiting_.empty() || working_ == 0; });
            if (waiting_.empty()) return;
            const auto path = std::move(waiting_.back());
            waiting_.pop_back();
            ++working_;
            lock.unlock();
            auto [names, below] = look(path);
            lock.lock();
            names_ += names;
            for (auto& folder : below) waiting_.push_back(std::move(folder));
            --working_;
            changed_.notify_all();
        }
    }

    std::pair<std::uint64_t, std::vector<std::string>> look(const std::string& path) const {
        const auto directory = root_.open_below(path);
        const auto entries = directory.entries();
        std::vector<std::string> below;
        for (const auto& entry : entries)
            if (directory.status(entry.name).type == kist::os::FileType::directory)
                below.push_back(path.empty() ? entry.name : path + "/" + entry.name);
        return {entries.size(), std::move(below)};
    }

    kist::os::Directory root_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> waiting_{""};
    unsigned working_ = 0;
    std::uint64_t names_ = 0;
};

}  // namespace

int main(int count, char** words) try {
    if (count != 2) return 2;
    fmt::print("{}\n", Walk(words[1]).count());
} catch (const kist::Error& error) {
    fmt::print(stderr, "{}\n", error.message());
    return 1;
}
