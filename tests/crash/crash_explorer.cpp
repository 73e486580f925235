// Looks for a moment at which a power failure would lose something.
//
//   crash_explorer [--states N] [--seed S] [--workers W] [--keep DIR] [--without fsync|fdatasync|syncfs] [--expect
//   loss]
//
// Each run of history() is made on a recorded disk (recorded_device.hpp) under the kernel's ext4. Then the disk is
// built as a power failure may leave it (crash_state.hpp), N times in all; the kernel mounts it and replays its
// journal, and everything that was committed must be there (judge.hpp). --keep saves the disks of failed states.
// --without leaves a call out while a run is recorded: what Kist promises is broken then, and that must be found.
//
// Exits 0 where nothing was lost, 1 where something was (with --expect the other way round), 2 on wrong usage, 77 where
// it cannot run at all.

#include "kist/base/error.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/process.hpp"

#include "crash/crash_state.hpp"
#include "crash/history.hpp"
#include "crash/judge.hpp"
#include "crash/left_out_calls.hpp"
#include "crash/recorded_device.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace kist;
using namespace kist::crash;
namespace fs = std::filesystem;

constexpr auto kDiskSize = "32M";
constexpr int kSkipped = 77;
constexpr std::size_t kRsyncEvery = 20;
constexpr std::size_t kE2fsckEvery = 10;
// Kist takes a file for unchanged by its times only when they are older than this.
constexpr std::chrono::milliseconds kSettling{2100};

struct Options {
    std::size_t states = 600;
    std::uint64_t seed = 1;
    unsigned workers = std::max(1U, std::thread::hardware_concurrency());
    std::string keep{};
    std::string without{};
    std::string expect{};
};

using Disk = std::vector<std::byte>;

Disk read_disk(const std::string& path) {
    Disk disk(fs::file_size(path));
    std::ifstream(path, std::ios::binary)
        .read(reinterpret_cast<char*>(disk.data()), static_cast<std::streamsize>(disk.size()));
    return disk;
}

void write_disk(const std::string& path, const Disk& disk) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(disk.data()), static_cast<std::streamsize>(disk.size()));
    if (!file.flush()) throw Error(ErrorCode::failed, "cannot write " + path);
}

void must_run(const std::vector<std::string>& argv) {
    if (const auto result = os::run(argv); result.status != 0)
        throw Error(ErrorCode::failed, argv.front() + " failed: " + result.output);
}

// Mounted while it lives.
class Mounted {
  public:
    Mounted(const std::string& device, std::string place) : place_(std::move(place)) {
        mount::mount_device(device, place_, "ext4", os::Access::read_write);
    }
    Mounted(const Mounted&) = delete;
    Mounted& operator=(const Mounted&) = delete;
    ~Mounted() { umount2(place_.c_str(), 0); }

  private:
    std::string place_;
};

block::LoopDevice attach(const std::string& image) {
    const os::Fd fd(open(image.c_str(), O_RDWR | O_CLOEXEC));
    return block::LoopDevice::attach(fd.get(), image, 512);
}

// What one run wrote, over the disk as it was before.
struct Recording {
    Disk disk;
    std::vector<Event> events;
    Promises promises;
};

// The states of one recording, each built and judged, in a process with a folder of its own.
class Worker {
  public:
    Worker(const Options& options, std::string place, const Recording& recording, std::string name)
        : options_(options), place_(std::move(place)), recording_(recording), name_(std::move(name)) {
        fs::create_directories(mount_point());
    }

    // Those of the states 0 to `states` that are `number` modulo the number of workers. Returns how many failed.
    std::size_t explore(std::size_t states, std::size_t number) {
        const auto all = boundaries(recording_.events);
        auto disk = recording_.disk;
        std::size_t at = 0;
        std::size_t marks = 0;
        std::size_t failures = 0;
        for (std::size_t b = 0; b < all.size(); ++b) {
            for (; at < all[b].first; ++at) {
                if (recording_.events[at].kind == EventKind::mark) ++marks;
                if (recording_.events[at].kind == EventKind::write) apply(recording_.events[at], disk);
            }
            // State s is variant s / all.size() of boundary s % all.size().
            for (std::size_t s = b; s < states; s += all.size())
                if (s % options_.workers == number)
                    failures += judge_state(disk, all[b], marks, {b, s / all.size()}) ? 0U : 1U;
        }
        return failures;
    }

  private:
    struct StateName {
        std::size_t boundary;
        std::size_t variant;
    };

    std::string image() const { return place_ + "/disk"; }
    std::string mount_point() const { return place_ + "/mnt"; }

    bool judge_state(const Disk& flushed, const Boundary& boundary, std::size_t marks, StateName name) {
        std::seed_seq mix{options_.seed, std::uint64_t{name.boundary}, std::uint64_t{name.variant},
                          std::uint64_t{std::hash<std::string>()(name_)}};
        std::array<std::uint32_t, 2> seed{};
        mix.generate(seed.begin(), seed.end());
        const auto state =
            make_state(recording_.events, boundary, marks, name.variant, (std::uint64_t{seed[0]} << 32U) | seed[1]);
        auto disk = flushed;
        for (const auto& write : state.writes) apply(write, disk);
        try {
            judge_disk(disk, state, name);
            return true;
        } catch (const std::exception& error) {
            report(disk, state, name, error.what());
            return false;
        }
    }

    void judge_disk(const Disk& disk, const CrashState& state, StateName name) {
        const auto turn = name.boundary + name.variant;
        write_disk(image(), disk);
        if (turn % kE2fsckEvery == kE2fsckEvery / 2) e2fsck("-p");
        {
            const auto loop = attach(image());
            const Mounted mounted(loop.path(), mount_point());
            judge(mount_point(), place_, recording_.promises,
                  state.marks > 0 ? RunState::returned : RunState::under_way,
                  turn % kRsyncEvery == 0 ? Rigour::rsync : Rigour::listings);
        }
        if (turn % kE2fsckEvery == 0) e2fsck("-n");
    }

    void e2fsck(const std::string& how) const {
        constexpr int kRepaired = 1;
        const auto result = os::run({"e2fsck", "-f", how, image()});
        if (result.status > (how == "-n" ? 0 : kRepaired)) throw Error(ErrorCode::damaged, result.output);
    }

    void report(const Disk& disk, const CrashState& state, StateName name, const std::string& why) const {
        fmt::print("LOST: {}, flush {}, state {} ({} writes arrived, {} lost, {} torn; the run had {}returned): {}\n",
                   name_, name.boundary, name.variant, state.writes.size(), state.left_out, state.torn,
                   state.marks > 0 ? "" : "not ", why);
        std::fflush(stdout);
        if (!options_.keep.empty())
            write_disk(fmt::format("{}/{}-{}-{}.img", options_.keep, name_, name.boundary, name.variant), disk);
    }

    const Options& options_;
    std::string place_;
    const Recording& recording_;
    std::string name_;
};

// Takes a source and its repository through history(), and explores the crashes of each run before the next.
class Explorer {
  public:
    Explorer(Options options, std::string place) : options_(std::move(options)), place_(std::move(place)) {
        fs::create_directories(source());
        fs::create_directories(mount_point());
        promises_.source = source();
        must_run({"truncate", "-s", kDiskSize, image()});
        must_run({"mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256", "-m", "0", "-J", "size=4", "-E",
                  "nodiscard,lazy_itable_init=0,lazy_journal_init=0", image()});
        const auto loop = attach(image());
        const Mounted mounted(loop.path(), mount_point());
        repository::Repository::create(mount_point(), {});
    }

    // The number of states in which something was lost.
    std::size_t explore() {
        const auto steps = history();
        std::size_t failures = 0;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto share = options_.states / steps.size() + (i < options_.states % steps.size() ? 1 : 0);
            const auto recording = record(steps[i], static_cast<int>(i) + 1);
            failures += explore(recording, share, steps[i].name);
        }
        return failures;
    }

  private:
    std::string image() const { return place_ + "/disk"; }
    std::string source() const { return place_ + "/source"; }
    std::string mount_point() const { return place_ + "/mnt"; }

    Recording record(const Step& step, int hour) {
        step.change(source());
        std::this_thread::sleep_for(kSettling);
        damage(step);
        Recording recording;
        recording.disk = read_disk(image());
        const WriteLog log(place_ + "/log");
        {
            const std::ofstream mount_point_of_device(place_ + "/device");
            const RecordedDevice device(image(), place_ + "/device", log);
            const Mounted mounted(device.path(), mount_point());
            auto repository = repository::Repository::open(mount_point(), {});
            promises_.before = snapshots(repository);
            {
                const LeftOutCall broken(options_.without);
                step.run(repository, source(), hour);
            }
            log.mark();
            promises_.after = snapshots(repository);
        }
        for (const auto number : promises_.after)
            if (!promises_.before.contains(number)) promises_.trees[number] = list_tree(source());
        promises_.trees_after = promises_.trees;
        for (auto& [number, tree] : promises_.trees_after) tree = without(std::move(tree), step.purged);
        promises_.next_hour = hour + 1;
        recording.events = log.read();
        recording.promises = promises_;
        promises_.trees = promises_.trees_after;
        return recording;
    }

    void damage(const Step& step) {
        promises_.is_damaged = static_cast<bool>(step.damage);
        if (!step.damage) return;
        const auto loop = attach(image());
        const Mounted mounted(loop.path(), mount_point());
        step.damage(mount_point() + "/latest/files/host" + source());
    }

    static std::set<repository::SnapshotNumber> snapshots(const repository::Repository& repository) {
        std::set<repository::SnapshotNumber> numbers;
        for (const auto& snapshot : repository.open_catalog().snapshots()) numbers.insert(snapshot.number);
        return numbers;
    }

    std::size_t explore(const Recording& recording, std::size_t states, const std::string& name) const {
        std::vector<pid_t> workers;
        for (unsigned number = 0; number < options_.workers; ++number)
            workers.push_back(start_worker(recording, states, name, number));
        std::size_t failures = 0;
        for (const auto worker : workers) {
            int status = 0;
            waitpid(worker, &status, 0);
            failures += WIFEXITED(status) ? static_cast<std::size_t>(WEXITSTATUS(status)) : 1;
        }
        const auto writes = std::ranges::count(recording.events, EventKind::write, &Event::kind);
        fmt::print("{}: {} writes, {} flushes, {} states, {} lost something\n", name, writes,
                   boundaries(recording.events).size() - 1, states, failures);
        std::fflush(stdout);
        return failures;
    }

    pid_t start_worker(const Recording& recording, std::size_t states, const std::string& name, unsigned number) const {
        constexpr std::size_t kMostFailures = 100;  // that an exit status can tell
        const pid_t child = fork();
        if (child < 0) throw Error::from_errno(errno, "cannot start a worker");
        if (child != 0) return child;
        try {
            Worker worker(options_, fmt::format("{}/{}", place_, number), recording, name);
            _exit(static_cast<int>(std::min(kMostFailures, worker.explore(states, number))));
        } catch (const std::exception& error) {
            fmt::print(stderr, "{}\n", error.what());
            _exit(1);
        }
    }

    Options options_;
    std::string place_;
    Promises promises_;
};

Options parse(int count, char** words) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = words[i];
        if (name == "--states") options.states = std::strtoul(words[i + 1], nullptr, 10);
        if (name == "--seed") options.seed = std::strtoull(words[i + 1], nullptr, 10);
        if (name == "--workers") options.workers = static_cast<unsigned>(std::atoi(words[i + 1]));
        if (name == "--keep") options.keep = words[i + 1];
        if (name == "--without") options.without = words[i + 1];
        if (name == "--expect") options.expect = words[i + 1];
    }
    return options;
}

// Whatever happens, the mounts end with this process and its children.
void enter_own_mount_namespace() {
    if (unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        throw Error::from_errno(errno, "cannot make a mount namespace");
}

}  // namespace

int main(int count, char** words) try {
    if (count % 2 == 0) return 2;
    const auto options = parse(count, words);
    if (geteuid() != 0 || access("/dev/fuse", R_OK | W_OK) != 0 || access("/dev/loop-control", R_OK | W_OK) != 0) {
        fmt::print("skipped: needs root, /dev/fuse and loop devices\n");
        return kSkipped;
    }
    enter_own_mount_namespace();
    std::string place = (fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") + std::string("/kist-crash.XXXXXX");
    if (mkdtemp(place.data()) == nullptr) throw Error::from_errno(errno, "cannot make a folder");
    const auto failures = Explorer(options, place).explore();
    fs::remove_all(place);
    return (failures > 0) == (options.expect == "loss") ? 0 : 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 3;
}
