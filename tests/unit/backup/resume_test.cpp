#include "kist/base/error.hpp"
#include "kist/repository/run.hpp"
#include "kist/sqlite/database.hpp"

#include "backup_fixture.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

namespace kist::backup {
namespace {

namespace fs = std::filesystem;
using test::write_file;
using testing::HasSubstr;

constexpr std::uint64_t kSize = 40U << 20U;  // more than a batch, so that each file is one
constexpr int kFiles = 6;

class Resume : public Backup {
  protected:
    Resume() {
        for (int i = 0; i < kFiles; ++i)
            write_file(*this / std::to_string(i), std::string(kSize, static_cast<char>('a' + i)));
        settle();
    }

    // Files that changed just now are never taken for unchanged.
    void settle() const {
        for (const auto& file : fs::recursive_directory_iterator(source()))
            fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
        std::this_thread::sleep_for(std::chrono::milliseconds(2100));
    }

    // Stops when this many files are read; nullopt: it was complete before.
    std::optional<Error> interrupted_run(std::uint64_t files) {
        auto repository = repository::Repository::open(volume(), {});
        std::atomic<bool> interrupted = false;
        std::atomic<bool> done = false;
        Progress progress;
        BackupOptions options;
        options.host = "host";
        options.path = source();
        options.time = Timestamp{std::chrono::hours{++hour_}};
        options.threads = 1;
        options.progress = &progress;
        options.interrupted = &interrupted;
        std::thread watcher([&] {
            while (!done && progress.files_done < files) std::this_thread::yield();
            interrupted = true;
        });
        std::optional<Error> error;
        try {
            back_up(repository, options, clock_);
        } catch (const Error& caught) {
            error = caught;
        }
        done = true;
        watcher.join();
        return error;
    }

    std::vector<repository::InterruptedRun> left() const {
        return repository::interrupted_runs(repository::Repository::open(volume(), {}));
    }
};

TEST_F(Resume, WhatWasReadIsNotReadAgain) {
    const auto error = interrupted_run(3);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::interrupted);
    EXPECT_THAT(error->hint(), HasSubstr("are kept"));
    ASSERT_EQ(left().size(), 1U);
    const auto kept = left().front();
    EXPECT_GE(kept.files, 3U);
    EXPECT_EQ(kept.path, source());
    EXPECT_EQ(kept.bytes.value, kept.files * kSize);

    const auto summary = run();
    EXPECT_EQ(summary.files_taken_over, kept.files);
    EXPECT_EQ(summary.files_read, kFiles - kept.files);
    EXPECT_TRUE(left().empty());
    expect_sound();
    EXPECT_EQ(run().files_read, 0U);
}

TEST_F(Resume, GoesOnAfterSeveralInterruptions) {
    ASSERT_TRUE(interrupted_run(1));
    const auto first = left().front().files;
    ASSERT_TRUE(interrupted_run(first + 1));
    const auto second = left().front().files;
    EXPECT_GT(second, first);
    EXPECT_EQ(run().files_taken_over, second);
    expect_sound();
}

TEST_F(Resume, WhatChangedSinceIsReadAgain) {
    ASSERT_TRUE(interrupted_run(kFiles - 1));
    for (int i = 0; i < kFiles; ++i) {
        std::ofstream(*this / std::to_string(i), std::ios::app) << "more";
    }
    EXPECT_EQ(run().files_taken_over, 0U);
    expect_sound();
}

TEST_F(Resume, FilesThatWereRenamedOrGoneSince) {
    ASSERT_TRUE(interrupted_run(kFiles - 1));
    fs::remove(*this / "0");
    fs::create_directory(*this / "folder");
    fs::rename(*this / "1", *this / "folder/renamed");
    settle();
    run();
    expect_sound();
}

TEST_F(Resume, ADamagedListOrCopyIsNotBelieved) {
    ASSERT_TRUE(interrupted_run(kFiles - 1));
    const auto before = volume() + "/.kist/staging/before";
    for (const auto& file : fs::recursive_directory_iterator(before))
        if (file.is_regular_file()) fs::resize_file(file, kSize - 1);
    EXPECT_EQ(run().files_taken_over, 0U);
    expect_sound();

    write_file(*this / "0", "changed");
    write_file(*this / "6", std::string(kSize, 'g'));
    settle();
    ASSERT_TRUE(interrupted_run(1));
    write_file(volume() + "/.kist/staging/resume.sqlite", "no database");
    EXPECT_EQ(run().files_taken_over, 0U);
    expect_sound();
}

TEST_F(Resume, AnotherSourcesRunLeavesItAlone) {
    ASSERT_TRUE(interrupted_run(kFiles - 1));
    const auto kept = left().front().files;
    const auto other = top_ / "other";
    fs::create_directory(other);
    write_file(other + "/file", "content");
    auto repository = repository::Repository::open(volume(), {});
    BackupOptions options;
    options.host = "host";
    options.path = other;
    options.time = Timestamp{std::chrono::hours{++hour_}};
    back_up(repository, options, clock_);
    ASSERT_EQ(left().size(), 1U);
    EXPECT_EQ(run().files_taken_over, kept);
    EXPECT_TRUE(left().empty());
}

}  // namespace
}  // namespace kist::backup
