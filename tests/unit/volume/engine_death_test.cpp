// What is left of a volume when its engine or its kist is killed, and how it comes back.
#include "kist/luks/header.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/process.hpp"
#include "kist/volume/mounted_volume.hpp"

#include "sandbox.hpp"
#include "volume/plaintext_file.hpp"
#include "volume/process_identity.hpp"

#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

namespace kist::volume {
namespace {

using namespace std::chrono_literals;

class EngineDeathTest : public Sandbox {
  protected:
    // e2fsck's judgement of a closed container's filesystem, decrypted next to it.
    os::ProcessResult check_filesystem() {
        const auto header = luks::Header::load(container());
        const os::Fd fd(::open(container().c_str(), O_RDWR | O_CLOEXEC));
        PlaintextFile plaintext(fd.get(), header.layout(), header.unlock(key_), 1);
        const auto out = folder_.open().open_file_for_writing("plain", os::Create::exclusive);
        std::vector<std::byte> buffer(1 << 20);
        for (std::uint64_t at = 0; at < plaintext.size(); at += buffer.size()) {
            const auto length = std::min<std::uint64_t>(buffer.size(), plaintext.size() - at);
            EXPECT_EQ(plaintext.read(at, std::span(buffer).first(length)), 0);
            os::write_at(out.get(), at, std::span(buffer).first(length), "plain");
        }
        auto result = os::run({"e2fsck", "-fn", folder_ / "plain"});
        std::filesystem::remove(folder_ / "plain");
        return result;
    }

    // Writes and flushes until that fails; its errno.
    static int write_until_failure(const std::string& path) {
        const os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!fd) return errno;
        const std::vector<char> block(64 << 10, 'w');
        for (int i = 0;; i = (i + 1) % 128)
            if (pwrite(fd.get(), block.data(), block.size(), i * (64 << 10)) < 0 || fdatasync(fd.get()) != 0)
                return errno;
    }
};

TEST_F(EngineDeathTest, KillGivesErrorsAndNeverAHangAndOpenRecovers) {
    auto volume = prepare(cheap(64 * kMiB), key_);
    test::write_file(volume.mount_point() + "/old", "kept");
    os::sync_filesystem(volume.root().fd(), "volume");
    const auto path = volume.mount_point() + "/new";
    const auto engine = identify_process(volume.description().engine_pid);
    int error = 0;
    std::thread writer([&] { error = write_until_failure(path); });
    std::this_thread::sleep_for(300ms);
    const auto killed = std::chrono::steady_clock::now();
    ASSERT_EQ(kill(engine.pid, SIGKILL), 0);
    writer.join();
    ASSERT_TRUE(wait_for_exit(engine, 5s));
    EXPECT_LT(std::chrono::steady_clock::now() - killed, 5s);
    EXPECT_TRUE(error == EIO || error == EROFS) << error;

    ASSERT_TRUE(find(container()).has_value());
    EXPECT_EQ(find(container())->state, VolumeState::broken);
    EXPECT_TRUE(volume.close().engine_had_died);
    EXPECT_FALSE(find(container()).has_value());

    auto reopened = open(again(), key_);
    EXPECT_EQ(test::read_file(mount_point() + "/old"), "kept");
    reopened.close();
    const auto check = check_filesystem();
    EXPECT_EQ(check.status, 0) << check.output;
}

TEST_F(EngineDeathTest, OpenCleansUpByItself) {
    {
        const auto volume = prepare(cheap(), key_);
        const auto engine = identify_process(volume.description().engine_pid);
        ASSERT_EQ(kill(engine.pid, SIGKILL), 0);
        ASSERT_TRUE(wait_for_exit(engine, 5s));
    }
    auto reopened = open(again(), key_);
    EXPECT_EQ(reopened.description().state, VolumeState::open);
    reopened.close();
}

TEST_F(EngineDeathTest, OtherSignalsDoNotReachIt) {
    auto volume = prepare(cheap(), key_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGPIPE})
        ASSERT_EQ(kill(volume.description().engine_pid, number), 0);
    test::write_file(volume.mount_point() + "/f", "x");
    os::sync_filesystem(volume.root().fd(), "volume");
    EXPECT_FALSE(volume.close().engine_had_died);
}

TEST_F(EngineDeathTest, ItKeepsItsMemoryToItself) {
    const auto volume = prepare(cheap(), key_);
    const auto folder = "/proc/" + std::to_string(volume.description().engine_pid);
    EXPECT_EQ(os::process_name(volume.description().engine_pid), "kist-engine");
    EXPECT_EQ(test::read_file(folder + "/cmdline").find("correct horse"), std::string::npos);
    EXPECT_EQ(test::read_file(folder + "/environ").find("correct horse"), std::string::npos);
    EXPECT_EQ(test::read_file(folder + "/coredump_filter").empty(), false);
    EXPECT_NE(test::read_file(folder + "/limits").find("Max core file size        0"), std::string::npos);
#ifndef KIST_SANITIZED  // the sanitizers make mlockall do nothing
    const auto status = test::read_file(folder + "/status");
    const auto locked = status.substr(status.find("VmLck:") + 6);
    EXPECT_GT(std::stoul(locked), 1000U) << "KiB";
#endif
}

TEST_F(EngineDeathTest, BusyVolumeStaysOpenAndNamesWhoUsesIt) {
    auto volume = prepare(cheap(), key_);
    const auto child = fork();
    if (child == 0) _exit(chdir(volume.mount_point().c_str()) == 0 && pause() == 0 ? 0 : 1);
    const auto link = "/proc/" + std::to_string(child) + "/cwd";
    while (std::filesystem::read_symlink(link) != volume.mount_point()) std::this_thread::sleep_for(1ms);
    const auto description = volume.description();
    const auto error = error_of([&] { volume.close(); });
    EXPECT_EQ(error.code(), ErrorCode::busy);
    EXPECT_THAT(error.message(), testing::HasSubstr("process " + std::to_string(child)));
    EXPECT_EQ(find(container())->state, VolumeState::open);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(description);
    EXPECT_FALSE(find(container()).has_value());
}

TEST_F(EngineDeathTest, AnOpeningKilledAtAnyMomentIsRecovered) {
    prepare(cheap(), key_).close();
    std::mt19937 random(7);
    for (int round = 0; round < 12; ++round) {
        const auto child = fork();
        if (child == 0) {
            try {
                open(again(), key_of("correct horse"));
            } catch (...) {
            }
            _exit(0);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 60000));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        if (const auto found = find(container())) close(*found);
        open(again(), key_).close();
    }
    const auto check = check_filesystem();
    EXPECT_EQ(check.status, 0) << check.output;
}

}  // namespace
}  // namespace kist::volume
