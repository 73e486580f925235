// delta_steps OLDER NEWER LEVEL THREADS: what a backup does with two versions of a large file, step by step.
// Prints a line of JSON: seconds of each step and of all threads' processor time in it, and sizes in bytes. See
// delta_bench.py.

#include "kist/delta/delta.hpp"
#include "kist/delta/inversion.hpp"
#include "kist/delta/matcher.hpp"
#include "kist/delta/patch.hpp"
#include "kist/delta/policy.hpp"
#include "kist/delta/trimming.hpp"
#include "kist/delta/verified_reader.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include <ctime>
#include <string>

#include <fcntl.h>
#include <fmt/core.h>

namespace {

using namespace kist;

double now(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Work>
void measure(const char* step, Work work) {
    const auto start = now(CLOCK_MONOTONIC);
    const auto processor_start = now(CLOCK_PROCESS_CPUTIME_ID);
    work();
    fmt::print(R"("{}": {:.4f}, "{}_processor": {:.4f}, )", step, now(CLOCK_MONOTONIC) - start, step,
               now(CLOCK_PROCESS_CPUTIME_ID) - processor_start);
}

class Steps {
  public:
    Steps(const char* older, const char* newer, unsigned level, unsigned threads)
        : older_(open(older, O_RDONLY | O_CLOEXEC)),
          newer_(open(newer, O_RDONLY | O_CLOEXEC)),
          level_(level),
          threads_(threads) {}

    void run() {
        const delta::InputFile older{older_.get(), "older", os::status_of(older_.get()).size};
        const delta::InputFile newer{newer_.get(), "newer", os::status_of(newer_.get()).size};
        delta::Signature signature;
        delta::Match match;
        fmt::print("{{");
        measure("sign", [&] { signature = delta::sign(older, {level_}, threads_); });
        measure("match", [&] { match = delta::match(newer, signature, threads_); });
        delta::VerifiedReader lost(older.fd, older.name, signature);
        delta::VerifiedReader fresh(newer.fd, newer.name, match.signature);
        delta::Script reverse;
        std::uint64_t stream = 0;
        measure("reverse", [&] {
            reverse = delta::trim(delta::invert(match.script), std::ref(lost), std::ref(fresh));
            delta::encode({reverse, std::ref(lost)}, [&](auto bytes) { stream += bytes.size(); });
        });
        measure("patch", [&] {
            delta::patch(delta::Delta{reverse, std::ref(lost)}, delta::read_file(newer.fd, newer.name),
                         signature.content, [](auto) {});
        });
        fmt::print(
            R"("literals": {}, "copies": {}, "moved": {}, "in_place": {}, "reverse_bytes": {}}})"
            "\n",
            delta::literal_bytes(match.script), match.script.copies.size(), delta::moved_bytes(match.script),
            delta::patches_in_place({delta::literal_bytes(delta::in_place(match.script))}, {match.script.target_size}),
            stream);
    }

  private:
    os::Fd older_;
    os::Fd newer_;
    unsigned level_;
    unsigned threads_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    Steps(argv[1], argv[2], static_cast<unsigned>(std::stoul(argv[3])), static_cast<unsigned>(std::stoul(argv[4])))
        .run();
}
