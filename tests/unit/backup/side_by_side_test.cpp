// Runs of one group: what they share must not show.
#include "kist/base/error.hpp"
#include "kist/repository/run.hpp"

#include "backup_fixture.hpp"

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>

namespace kist::backup {
namespace {

namespace fs = std::filesystem;
using repository::RunGroup;
using test::write_file;

class SideBySide : public Backup {
  protected:
    std::string source_of(int number) const { return top_ / ("source-" + std::to_string(number)); }
    std::string mirror_of(int number) const { return volume() + "/latest/files/host" + source_of(number); }

    BackupOptions options_of(int number) const {
        BackupOptions options;
        options.host = "host";
        options.path = source_of(number);
        options.time = Timestamp{std::chrono::hours{hour_}};
        options.threads = 2;
        return options;
    }

    void run_all(int sources) {
        ++hour_;
        auto repository = repository::Repository::open(volume(), {});
        RunGroup group(repository);
        std::vector<std::jthread> threads;
        for (int i = 0; i < sources; ++i)
            threads.emplace_back([&, i] { EXPECT_NO_THROW(back_up(group, options_of(i), clock_)); });
    }

    // Stops when something is staged.
    void interrupt(RunGroup& group, int number) {
        std::atomic<bool> interrupted = false;
        std::atomic<bool> done = false;
        Progress progress;
        auto options = options_of(number);
        options.threads = 1;
        options.progress = &progress;
        options.interrupted = &interrupted;
        std::jthread watcher([&] {
            while (!done && progress.files_done == 0) std::this_thread::yield();
            interrupted = true;
        });
        EXPECT_THROW(back_up(group, options, clock_), Error);
        done = true;
    }

    void expect_all_sound(int sources) {
        for (int i = 0; i < sources; ++i)
            EXPECT_EQ(
                os::run({"rsync", "-aHAXni", "--checksum", "--delete", source_of(i) + "/", mirror_of(i) + "/"}).output,
                "");
        EXPECT_EQ(inconsistencies(), std::vector<std::string>{});
        EXPECT_FALSE(fs::exists(volume() + "/RUN-KIST-FIRST.txt"));
        EXPECT_TRUE(fs::is_empty(volume() + "/.kist/staging"));
        EXPECT_TRUE(fs::is_empty(volume() + "/.kist/found"));
    }

    void settle(int sources) const {
        for (int i = 0; i < sources; ++i)
            for (const auto& file : fs::recursive_directory_iterator(source_of(i)))
                fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
        std::this_thread::sleep_for(std::chrono::milliseconds(2100));
    }

    std::vector<repository::InterruptedRun> left() const {
        return repository::interrupted_runs(repository::Repository::open(volume(), {}));
    }
};

constexpr int kSources = 4;
constexpr std::uint64_t kLarge = 6U << 20U;

TEST_F(SideBySide, EachIsAsIfAlone) {
    std::mt19937 chance(1);
    for (int i = 0; i < kSources; ++i) {
        fs::create_directories(source_of(i) + "/folder/deeper");
        std::string large(kLarge, 'x');
        for (std::size_t at = 0; at < large.size(); at += 97) large[at] = static_cast<char>(chance());
        write_file(source_of(i) + "/large", large);
        write_file(source_of(i) + "/same", "the same everywhere");
        for (int n = 0; n < 200; ++n)
            write_file(source_of(i) + "/folder/" + std::to_string(n), std::to_string(i * 1000 + n));
        fs::create_hard_link(source_of(i) + "/same", source_of(i) + "/folder/link");
    }
    run_all(kSources);
    expect_all_sound(kSources);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < kSources; ++i) {
            const auto name = source_of(i) + "/folder/" + std::to_string(round);
            fs::remove(name);
            fs::rename(source_of(i) + "/folder/" + std::to_string(100 + round),
                       source_of(i) + "/folder/deeper/" + std::to_string(round));
            fs::create_directory(source_of(i) + "/new folder " + std::to_string(round));
            write_file(source_of(i) + "/new folder " + std::to_string(round) + "/file", "new");
            auto large = test::read_file(source_of(i) + "/large");
            large[static_cast<std::size_t>(chance()) % large.size()] ^= 1;
            write_file(source_of(i) + "/large", large);
            write_file(source_of(i) + "/same", "the same everywhere, " + std::to_string(round));
        }
        run_all(kSources);
        expect_all_sound(kSources);
    }
    auto catalog = repository::Repository::open(volume(), {}).open_catalog();
    EXPECT_EQ(catalog.snapshots().size(), kSources * 4U);
    std::set<repository::SourceId> ids;
    for (const auto& source : catalog.sources()) ids.insert(source.id);
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(kSources));
}

TEST_F(SideBySide, WhatInterruptedOnesHaveReadIsKeptBesideACommit) {
    ++hour_;
    constexpr int kFiles = 3;
    for (int i = 0; i < 3; ++i) {
        fs::create_directory(source_of(i));
        for (int n = 0; n < kFiles; ++n)  // more than a batch, so that each file is one
            write_file(source_of(i) + "/" + std::to_string(n),
                       std::string(40U << 20U, static_cast<char>('a' + 3 * i + n)));
    }
    settle(3);
    {
        auto repository = repository::Repository::open(volume(), {});
        RunGroup group(repository);
        interrupt(group, 0);
        back_up(group, options_of(1), clock_);
        interrupt(group, 2);
    }
    const auto kept = left();
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_GE(kept[0].files, 1U);
    EXPECT_GE(kept[1].files, 1U);
    ++hour_;
    {
        auto repository = repository::Repository::open(volume(), {});
        RunGroup group(repository);
        EXPECT_EQ(back_up(group, options_of(0), clock_).files_taken_over, kept[0].files);
        EXPECT_EQ(back_up(group, options_of(1), clock_).files_taken_over, 0U);
    }
    ASSERT_EQ(left().size(), 1U);
    EXPECT_EQ(left()[0].path, source_of(2));
    auto repository = repository::Repository::open(volume(), {});
    EXPECT_EQ(back_up(repository, options_of(2), clock_).files_taken_over, kept[1].files);
    expect_all_sound(3);
}

TEST_F(SideBySide, ASourceHasOneRunAtATime) {
    auto repository = repository::Repository::open(volume(), {});
    RunGroup group(repository);
    const repository::Run first(group, {"host", "/a", ""});
    const repository::Run second(group, {"host", "/b", ""});
    EXPECT_NE(first.source().id, second.source().id);
    EXPECT_NE(first.own_name("incoming"), second.own_name("incoming"));
    const auto refused = [&](const std::string& path) {
        try {
            const repository::Run run(group, {"host", path, ""});
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::interrupted;
    };
    EXPECT_EQ(refused("/a"), ErrorCode::busy);
    EXPECT_EQ(refused("/a/below"), ErrorCode::usage);
    EXPECT_EQ(refused("/c"), ErrorCode::interrupted);  // not at all
}

}  // namespace
}  // namespace kist::backup
