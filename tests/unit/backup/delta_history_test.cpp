#include "kist/base/error.hpp"
#include "kist/repository/check.hpp"
#include "kist/repository/forget.hpp"
#include "kist/sqlite/database.hpp"

#include "backup_fixture.hpp"
#include "edits.hpp"

#include <gmock/gmock.h>

namespace kist::backup {
namespace {

namespace fs = std::filesystem;
using test::noise;
using test::overwrite;
using test::read_file;
using test::write_file;

constexpr std::size_t kPrefixed = 100'000;
constexpr std::size_t kInBlocks = 5'000'000;

class DeltaHistory : public Backup {
  protected:
    // Some bytes in the middle are replaced by one more, others for every seed.
    void edit(const std::string& name, unsigned seed) {
        auto bytes = read_file(*this / name);
        bytes.replace(bytes.size() / 40 * (seed % 40), 2'000, noise(seed, 2'001));
        write_file(*this / name, bytes);
    }

    std::int64_t number(const std::string& sql) {
        auto catalog = sqlite::Database::open(volume() + "/.kist/catalog.sqlite", sqlite::OpenMode::read_write);
        auto row = catalog.prepare(sql);
        return row.step() ? row.integer(0) : -1;
    }
    std::int64_t deltas() { return number("SELECT count(*) FROM content WHERE base IS NOT NULL"); }
    std::int64_t longest_chain() {
        return number(
            "WITH RECURSIVE chain(base, length) AS (SELECT base, 1 FROM content WHERE base IS NOT NULL UNION ALL "
            "SELECT k.base, length + 1 FROM chain JOIN content k ON k.id = chain.base WHERE k.base IS NOT NULL) "
            "SELECT max(length) FROM chain");
    }
    std::uintmax_t history_size() const {
        std::uintmax_t size = 0;
        for (const auto& file : fs::recursive_directory_iterator(volume() + "/.kist/history"))
            if (file.is_regular_file()) size += file.file_size();
        return size;
    }
    void forget(const std::vector<repository::SnapshotNumber>& numbers) {
        repository::forget(repository::Repository::open(volume(), {}), {numbers, {}, {}});
    }
    bool cannot_be_read(repository::SnapshotNumber snapshot, const std::string& name) {
        try {
            content(snapshot, name);
            return false;
        } catch (const Error& error) {
            return error.code() == ErrorCode::damaged;
        }
    }
};

TEST_F(DeltaHistory, CostsWhatChanged) {
    const auto document = noise(1, kPrefixed);
    const auto image = noise(2, kInBlocks);
    write_file(*this / "document", document);
    write_file(*this / "image", image);
    run();
    const auto before = history_size();
    edit("document", 3);
    edit("image", 4);
    run();
    EXPECT_EQ(deltas(), 2);
    EXPECT_LT(history_size() - before, 30'000U);
    EXPECT_EQ(content(1, "document"), document);
    EXPECT_EQ(content(1, "image"), image);
    expect_sound();
}

TEST_F(DeltaHistory, WhatHasLittleInCommonIsKeptWhole) {
    write_file(*this / "document", noise(1, kPrefixed));
    write_file(*this / "image", noise(2, kInBlocks));
    write_file(*this / "small", noise(3, 1'000));
    run();
    write_file(*this / "document", noise(4, kPrefixed));
    write_file(*this / "image", noise(5, kInBlocks));
    edit("small", 6);
    run();
    EXPECT_EQ(deltas(), 0);
    EXPECT_EQ(content(1, "image"), noise(2, kInBlocks));
    expect_sound();
}

TEST_F(DeltaHistory, NoChainIsLongerThanPromised) {
    std::vector<std::string> versions;
    write_file(*this / "document", noise(1, kPrefixed));
    for (unsigned version = 0; version < 34; ++version) {
        if (version > 0) edit("document", version);
        versions.push_back(read_file(*this / "document"));
        run();
    }
    EXPECT_EQ(longest_chain(), 29);
    EXPECT_EQ(deltas(), 32);
    for (std::size_t version = 0; version < versions.size(); ++version)
        EXPECT_EQ(content(static_cast<std::int64_t>(version) + 1, "document"), versions[version]) << version;
    expect_sound();
}

TEST_F(DeltaHistory, VersionsThatComeBackAndLeaveAgain) {
    std::vector<std::string> versions{noise(1, kInBlocks)};
    write_file(*this / "image", versions[0]);
    run();
    edit("image", 2);
    versions.push_back(read_file(*this / "image"));
    run();
    for (const auto version : {0U, 1U, 0U}) {
        write_file(*this / "image", versions[version]);
        run();
        EXPECT_EQ(deltas(), 1);
        for (const auto old : {0U, 1U}) EXPECT_EQ(content(old + 1, "image"), versions[old]);
        expect_sound();
    }
}

TEST_F(DeltaHistory, EditedFilesThatSwapTheirNames) {
    const auto a = noise(1, kInBlocks);
    const auto b = noise(2, kInBlocks);
    write_file(*this / "a", a);
    write_file(*this / "b", b);
    run();
    fs::rename(*this / "a", *this / "c");
    fs::rename(*this / "b", *this / "a");
    fs::rename(*this / "c", *this / "b");
    edit("a", 3);
    edit("b", 4);
    run();
    EXPECT_EQ(content(1, "a"), a);
    EXPECT_EQ(content(1, "b"), b);
    expect_sound();
}

TEST_F(DeltaHistory, ReadsTheBaseFromAnotherCopyWhereOneIsDamaged) {
    const auto image = noise(1, kInBlocks);
    write_file(*this / "image", image);
    run();
    edit("image", 2);
    fs::copy_file(*this / "image", *this / "copy");
    run();
    overwrite(mirror() + "/image", 4'000'000, "rot");
    EXPECT_EQ(content(1, "image"), image);
    overwrite(mirror() + "/copy", 4'000'000, "rot");
    EXPECT_TRUE(cannot_be_read(1, "image"));
    const auto result = repository::check(repository::Repository::open(volume(), {}), {});
    EXPECT_EQ(result.damage_count, 3U);
}

TEST_F(DeltaHistory, ADamagedPlainFileMakesNoDelta) {
    write_file(*this / "image", noise(1, kInBlocks));
    write_file(*this / "document", noise(2, kPrefixed));
    run();
    const auto middle = kInBlocks / 40 * 3;
    overwrite(mirror() + "/image", middle, "rot");
    overwrite(mirror() + "/document", 10, "rot");
    edit("image", 3);
    edit("document", 4);
    EXPECT_EQ(run().run.lost.size(), 2U);
    EXPECT_EQ(deltas(), 0);
    EXPECT_TRUE(cannot_be_read(1, "image"));
    EXPECT_EQ(content(2, "image"), read_file(*this / "image"));
    expect_sound();
}

TEST_F(DeltaHistory, ASignatureIsOnlyACache) {
    std::vector<std::string> versions;
    write_file(*this / "image", noise(1, kInBlocks));
    const auto signatures = volume() + "/.kist/signatures";
    for (unsigned version = 0; version < 5; ++version) {
        if (version > 0) edit("image", version);
        versions.push_back(read_file(*this / "image"));
        run();
        if (version == 0) continue;
        ASSERT_EQ(std::distance(fs::directory_iterator(signatures), {}), 1);
        const auto signature = fs::directory_iterator(signatures)->path().string();
        if (version == 2) overwrite(signature, 300, "rot");
        if (version == 3) fs::remove(signature);
    }
    EXPECT_EQ(deltas(), 4);
    for (std::size_t version = 0; version < versions.size(); ++version)
        EXPECT_EQ(content(static_cast<std::int64_t>(version) + 1, "image"), versions[version]) << version;
    expect_sound();
}

TEST_F(DeltaHistory, ForgettingWritesNoDeltaAnewThatWouldBeAsLarge) {
    std::vector<std::string> versions;
    for (unsigned version = 0; version < 6; ++version) {
        version == 0 ? write_file(*this / "image", noise(1, kInBlocks)) : edit("image", version);
        versions.push_back(read_file(*this / "image"));
        run();
    }
    const auto before = history_size();
    forget({2, 3, 5});
    EXPECT_EQ(deltas(), 5) << "other blocks changed each time";
    EXPECT_LT(history_size() - before, 2'000U) << "only the run record";
    for (const auto left : {1, 4, 6})
        EXPECT_EQ(content(left, "image"), versions[static_cast<std::size_t>(left) - 1]) << left;
    expect_sound();
    forget({1});
    EXPECT_EQ(deltas(), 2) << "nobody needs those of 1, 2 and 3 any more";
    EXPECT_EQ(content(4, "image"), versions[3]);
    expect_sound();
}

TEST_F(DeltaHistory, ForgettingJoinsDeltasOfTheSameBlocks) {
    write_file(*this / "image", noise(1, kInBlocks));
    const auto first = read_file(*this / "image");
    run();
    for (const unsigned seed : {3U, 43U, 83U}) {  // one place
        edit("image", seed);
        run();
    }
    forget({2});
    EXPECT_EQ(deltas(), 2);
    EXPECT_EQ(content(1, "image"), first);
    expect_sound();
}

TEST_F(DeltaHistory, JoinsMoreAndMoreForgottenVersionsOnceThatGivesEnoughBack) {
    write_file(*this / "image", noise(1, kInBlocks));
    const auto first = read_file(*this / "image");
    run();
    for (const unsigned seed : {1U, 2U, 3U, 41U, 42U, 43U}) {  // three places, twice
        edit("image", seed);
        run();
    }
    forget({2, 3});
    EXPECT_EQ(deltas(), 6);
    forget({4, 5, 6});
    EXPECT_EQ(deltas(), 1) << "judged together with those that stayed before";
    EXPECT_EQ(content(1, "image"), first);
    expect_sound();
}

TEST_F(DeltaHistory, PrunedVersionsDoNotCountForTheChain) {
    write_file(*this / "image", noise(1, kInBlocks));
    for (unsigned version = 0; version < 40; ++version) {
        if (version > 0) edit("image", version);
        run();
        if (version % 2 == 1) forget({version});
    }
    EXPECT_LE(longest_chain(), 58);
    EXPECT_EQ(number("SELECT count(*) FROM content WHERE base IS NULL"), 1) << "only the newest is whole";
    expect_sound();
}

TEST_F(DeltaHistory, SignaturesOfWhatIsUndoneGo) {
    write_file(*this / "image", noise(1, kInBlocks));
    run();
    edit("image", 2);
    run();
    const auto signatures = volume() + "/.kist/signatures";
    ASSERT_FALSE(fs::is_empty(signatures));
    forget({2});
    EXPECT_TRUE(fs::is_empty(signatures));
}

}  // namespace
}  // namespace kist::backup
