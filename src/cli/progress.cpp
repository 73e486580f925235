#include "cli/progress.hpp"

#include "kist/base/byte_count.hpp"

#include "cli/duration.hpp"

#include <cmath>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 100ms;
constexpr double kSmoothingSeconds = 3;

std::string amount(std::string done, std::string total, bool total_known) {
    return total_known ? done + " of " + total : done;
}

std::string time_left(const ProgressSample& sample, double bytes_per_second) {
    if (bytes_per_second < 1 || sample.bytes_total <= sample.bytes_done) return "";
    const double seconds = static_cast<double>(sample.bytes_total - sample.bytes_done) / bytes_per_second;
    if (seconds > 100.0 * 3600) return "";
    return fmt::format(", {} left", to_text(std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds)))));
}

}  // namespace

void TransferRate::update(std::uint64_t bytes_done, std::chrono::duration<double> elapsed) noexcept {
    const double seconds = (elapsed - last_time_).count();
    if (seconds <= 0 || bytes_done < last_bytes_) return;
    const double now = static_cast<double>(bytes_done - last_bytes_) / seconds;
    const double weight = rate_ == 0 ? 1 : 1 - std::exp(-seconds / kSmoothingSeconds);
    rate_ += weight * (now - rate_);
    last_bytes_ = bytes_done;
    last_time_ = elapsed;
}

std::string progress_text(const ProgressSample& sample, double bytes_per_second, std::size_t width) {
    const bool known = sample.files_total > 0;
    auto text = fmt::format("{}: {} files", sample.doing,
                            amount(std::to_string(sample.files_done), std::to_string(sample.files_total), known));
    if (sample.bytes_done > 0 || sample.bytes_total > 0) {
        text += ", " + amount(to_string(ByteCount{sample.bytes_done}), to_string(ByteCount{sample.bytes_total}), known);
        text += fmt::format(", {}/s", to_string(ByteCount{static_cast<std::uint64_t>(bytes_per_second)}));
        text += time_left(sample, bytes_per_second);
    }
    if (text.size() > width) text.resize(width);
    return text;
}

Drawing drawing(const Context& context) {
    const bool unwanted =
        context.json() || context.options.no_progress || context.console.verbosity() == Verbosity::quiet;
    return !unwanted && context.console.is_terminal() ? Drawing::on : Drawing::off;
}

Progress::Progress(Console& console, Drawing drawing, std::function<ProgressSample()> sample)
    : console_(console), sample_(std::move(sample)) {
    if (drawing == Drawing::on) thread_ = std::jthread([this](const std::stop_token& stop) { draw_until(stop); });
}

Progress::~Progress() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    console_.clear_progress();
}

void Progress::draw_until(const std::stop_token& stop) {
    const auto start = std::chrono::steady_clock::now();
    TransferRate rate;
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); })) {
        const auto sample = sample_();
        rate.update(sample.bytes_done, std::chrono::steady_clock::now() - start);
        console_.draw_progress(progress_text(sample, rate.bytes_per_second(), console_.width() - 1));
    }
}

}  // namespace kist::cli
