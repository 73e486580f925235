#include "kist/os/process.hpp"

#include "kist/base/error.hpp"
#include "kist/os/child.hpp"
#include "kist/os/file.hpp"

#include "os/spawn.hpp"

#include <array>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace kist::os {
namespace {

constexpr std::size_t kKeptOutput = 64 * 1024;

}  // namespace

ProcessResult run(const std::vector<std::string>& argv) {
    auto pipe = make_pipe();
    Spawn spawn;
    spawn.give_no_input();
    spawn.give(pipe.write_end.get(), STDOUT_FILENO);
    spawn.give(pipe.write_end.get(), STDERR_FILENO);
    const auto pid = spawn.start(argv);
    pipe.write_end.reset();
    ProcessResult result;
    std::array<std::byte, 4096> buffer;
    while (const auto got = read_some(pipe.read_end.get(), buffer, argv.front()))
        if (result.output.size() < kKeptOutput) result.output.append(reinterpret_cast<const char*>(buffer.data()), got);
    result.status = wait_for(pid);
    return result;
}

std::string process_name(int pid) {
    try {
        auto name = read_small_file("/proc/" + std::to_string(pid) + "/comm", 256);
        if (!name.empty() && name.back() == '\n') name.pop_back();
        return name;
    } catch (const Error&) {
        return "";
    }
}

void make_undumpable() noexcept {
    prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

}  // namespace kist::os
