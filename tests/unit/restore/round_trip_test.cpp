// What was backed up comes back: rsync is the judge.
#include "kist/backup/backup.hpp"
#include "kist/os/process.hpp"
#include "kist/repository/check.hpp"
#include "kist/restore/restore.hpp"

#include "temporary_directory.hpp"

#include <atomic>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace kist::restore {
namespace {

namespace fs = std::filesystem;

class RoundTrip : public testing::Test {
  protected:
    RoundTrip() {
        fs::create_directory(source_);
        fs::create_directory(top_ / "volume");
        repository::Repository::create(top_ / "volume", {});
    }

    // Backs the source up, and keeps a copy of it to compare with.
    repository::Snapshot back_up_and_copy() {
        auto repository = repository::Repository::open(top_ / "volume", {});
        backup::BackupOptions options;
        options.host = "host";
        options.path = source_;
        options.time = Timestamp{std::chrono::hours{++count_}};
        const auto summary = backup::back_up(repository, options, SystemClock());
        EXPECT_THAT(summary.run.skipped, testing::IsEmpty());
        EXPECT_EQ(os::run({"cp", "-a", source_, copy(summary.run.snapshot)}).status, 0);
        return summary.run.snapshot;
    }

    std::string copy(const repository::Snapshot& snapshot) const {
        return top_ / ("copy" + std::to_string(snapshot.number));
    }

    // What rsync finds different, in either direction, between the restored tree and the copy.
    std::string difference_after_restore(const repository::Snapshot& snapshot) {
        return difference_after_restore(repository::Repository::open(top_ / "volume", {}), snapshot);
    }
    std::string difference_after_restore(const repository::Repository& repository,
                                         const repository::Snapshot& snapshot) {
        const auto target = top_ / ("restored" + std::to_string(snapshot.number));
        RestoreOptions options;
        options.snapshot = snapshot;
        options.path = source_;
        options.target = target;
        const auto summary = restore(repository, options);
        EXPECT_EQ(summary.damaged.count + summary.failed.count + summary.skipped.count, 0U);
        EXPECT_EQ(summary.files, snapshot.files);
        return os::run({"rsync", "-aHAXni", "--checksum", "--delete", copy(snapshot) + "/", target + "/"}).output;
    }

    repository::CheckResult check_all() {
        return repository::check(repository::Repository::open(top_ / "volume", {}), {});
    }

    void write(const std::string& name, const std::string& content) { test::write_file(source_ + "/" + name, content); }

    void make_everything() {
        for (const auto* name : {"d", "d/e", "empty"}) fs::create_directory(source_ + "/" + name);
        write("empty file", "");
        write("name \xff\n", "any bytes");
        write("d/large", std::string(3 << 20, 'l'));
        write("d/e/small", "small");
        write("once", "1");
        fs::create_hard_link(source_ + "/once", source_ + "/d/twice");
        fs::create_symlink("../nowhere", source_ + "/d/link");
        ASSERT_EQ(mkfifo((source_ + "/fifo").c_str(), 0640), 0);
        const os::Fd sparse(open((source_ + "/sparse").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        ASSERT_EQ(pwrite(sparse.get(), "data", 4, 5 << 20), 4);
        ASSERT_EQ(ftruncate(sparse.get(), 9 << 20), 0);
        setxattr((source_ + "/once").c_str(), "user.kist", "value", 5, 0);  // where the filesystem has them
        ASSERT_EQ(chmod((source_ + "/d/e/small").c_str(), 04750), 0);
        ASSERT_EQ(chmod((source_ + "/d/e").c_str(), 01555), 0);
    }

    const test::TemporaryDirectory top_;
    const std::string source_ = top_ / "source";
    int count_ = 0;
};

TEST_F(RoundTrip, EverythingComesBack) {
    make_everything();
    EXPECT_EQ(difference_after_restore(back_up_and_copy()), "");
    EXPECT_TRUE(check_all().is_sound());
}

TEST_F(RoundTrip, EverySnapshotComesBackAsItWas) {
    make_everything();
    std::vector<repository::Snapshot> snapshots{back_up_and_copy()};
    ASSERT_EQ(chmod((source_ + "/d/e").c_str(), 0755), 0);
    write("d/e/small", "changed");
    write("d/large", std::string(2 << 20, 'm'));
    snapshots.push_back(back_up_and_copy());
    fs::rename(source_ + "/d", source_ + "/renamed");
    fs::remove(source_ + "/once");
    fs::remove(source_ + "/fifo");
    fs::create_directory(source_ + "/fifo");
    write("fifo/inside", "a folder now");
    snapshots.push_back(back_up_and_copy());
    fs::remove_all(source_ + "/renamed");
    fs::rename(source_ + "/empty", source_ + "/d");
    write("d/large", std::string(3 << 20, 'l'));  // is back
    snapshots.push_back(back_up_and_copy());
    for (const auto& snapshot : snapshots) EXPECT_EQ(difference_after_restore(snapshot), "") << snapshot.number;
    const auto result = check_all();
    EXPECT_THAT(result.inconsistencies, testing::IsEmpty());
    EXPECT_EQ(result.damage_count, 0U);
}

TEST_F(RoundTrip, ARestoreInPlacePutsBackWhatWasChanged) {
    make_everything();
    const auto snapshot = back_up_and_copy();
    ASSERT_EQ(chmod((source_ + "/d/e").c_str(), 0755), 0);
    write("d/e/small", "spoiled");
    fs::remove_all(source_ + "/sparse");
    fs::remove(source_ + "/d/link");
    fs::create_symlink(top_ / "elsewhere", source_ + "/d/link");
    const auto repository = repository::Repository::open(top_ / "volume", {});
    auto catalog = repository.open_catalog();
    RestoreOptions options;
    options.snapshot = snapshot;
    options.path = source_;
    put_back(catalog, options);
    restore(repository, options);
    EXPECT_EQ(os::run({"rsync", "-aHAXni", "--checksum", "--delete", copy(snapshot) + "/", source_ + "/"}).output, "");
}

TEST_F(RoundTrip, ReadersAreRightWhileRunsAreApplied) {
    for (int i = 0; i < 200; ++i) {
        fs::create_directories(source_ + "/a/" + std::to_string(i % 7));
        write("a/" + std::to_string(i % 7) + "/" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
    }
    write("a/large", std::string(2 << 20, 'l'));
    const auto first = back_up_and_copy();
    const auto reader = repository::Repository::open(top_ / "volume", {});
    std::atomic<bool> done = false;
    std::jthread changing([&] {
        for (int round = 0; round < 6; ++round) {
            fs::rename(source_ + (round % 2 == 0 ? "/a" : "/b"), source_ + (round % 2 == 0 ? "/b" : "/a"));
            for (int i = 0; i < 40; ++i)
                write(std::to_string(i),
                      std::string(static_cast<std::size_t>(round) + 1, static_cast<char>('a' + i % 26)));
            if (round == 3) fs::remove(source_ + "/b/large");
            if (round == 4) fs::remove_all(source_ + "/a/3");
            back_up_and_copy();
        }
        done = true;
    });
    do {
        EXPECT_EQ(difference_after_restore(reader, first), "");
        EXPECT_EQ(os::run({"rm", "-rf", top_ / "restored1"}).status, 0);
        EXPECT_EQ(repository::check(reader, {}).damage_count, 0U);
    } while (!done);
    changing.join();
    EXPECT_EQ(difference_after_restore(first), "");
    EXPECT_TRUE(check_all().is_sound());
}

}  // namespace
}  // namespace kist::restore
