#pragma once
// The progress line: files, bytes, rate and time left, redrawn ten times a second by a thread of its own that polls the
// operation. Drawn only where standard error is a terminal and nobody asked for quiet.

#include "cli/command.hpp"
#include "cli/console.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace kist::cli {

struct ProgressSample {
    std::string doing;  // "scanning", "backing up", …
    std::uint64_t files_done = 0;
    std::uint64_t files_total = 0;  // 0: not known yet
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes_total = 0;
};

// Bytes a second, smoothed over the last few seconds, so that the time left does not jump.
class TransferRate {
  public:
    void update(std::uint64_t bytes_done, std::chrono::duration<double> elapsed) noexcept;
    double bytes_per_second() const noexcept { return rate_; }

  private:
    std::uint64_t last_bytes_ = 0;
    std::chrono::duration<double> last_time_{0};
    double rate_ = 0;
};

// At most `width` columns.
std::string progress_text(const ProgressSample& sample, double bytes_per_second, std::size_t width);

enum class Drawing { off, on };

// On only where standard error is a terminal, and neither --no-progress, --quiet nor --json asks for quiet.
Drawing drawing(const Context& context);

// Draws while it lives. `sample` is called from another thread, up to the destructor's return.
class Progress {
  public:
    Progress(Console& console, Drawing drawing, std::function<ProgressSample()> sample);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

  private:
    void draw_until(const std::stop_token& stop);

    Console& console_;
    std::function<ProgressSample()> sample_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace kist::cli
