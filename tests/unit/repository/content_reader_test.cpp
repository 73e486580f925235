#include "kist/repository/content_reader.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::repository {
namespace {

using test::CatalogFixture;
using ::testing::HasSubstr;

class ContentReaderTest : public ::testing::Test {
  protected:
    ContentReaderTest() { fixture.add_root(source, 1); }

    std::string read(ContentId id) {
        const auto content = catalog.content(id);
        std::string bytes(content.size, '\0');
        restarts = 0;
        reader.read(
            content,
            [&](std::uint64_t offset, std::span<const std::byte> data) {
                std::memcpy(bytes.data() + offset, data.data(), data.size());
            },
            [&] {
                ++restarts;
                bytes.assign(content.size, '\0');
            });
        return bytes;
    }

    std::string damage_of(ContentId id) {
        try {
            read(id);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::damaged);
            return error.message();
        }
        return "none";
    }

    CatalogFixture fixture;
    Source source = fixture.add_source("/s");
    Snapshot snapshot = fixture.add_snapshot(source);
    Catalog catalog = fixture.repository().open_catalog();
    ContentReader reader{fixture.repository(), catalog};
    int restarts = 0;
    const std::string mirror = fixture.mirror("files/host/s/");
};

TEST_F(ContentReaderTest, ReadsPlainFilesOfEverySize) {
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 1048576U, 1048577U, 3000000U}) {
        std::string bytes(size, 'x');
        for (std::size_t i = 0; i < size; i += 7) bytes[i] = static_cast<char>(i);
        const auto file = fixture.add_file(source, 1, std::to_string(size), bytes);
        EXPECT_EQ(read(*file.content), bytes) << size;
    }
}

TEST_F(ContentReaderTest, LeavesHolesOut) {
    auto content = std::string(1 << 20, '\0');
    content += "end";
    const auto file = fixture.add_file(source, 1, "sparse", content);
    ASSERT_EQ(truncate((mirror + "sparse").c_str(), 0), 0);
    ASSERT_EQ(truncate((mirror + "sparse").c_str(), (1 << 20) + 3), 0);
    const os::Fd fd(open((mirror + "sparse").c_str(), O_WRONLY));
    os::write_at(fd.get(), 1 << 20, os::as_bytes("end"), "sparse");
    std::uint64_t taken = 0;
    reader.read(
        catalog.content(*file.content), [&](auto, auto data) { taken += data.size(); }, [] {});
    EXPECT_LE(taken, 4096U);
}

TEST_F(ContentReaderTest, FallsBackToAnotherPlainFile) {
    const auto file = fixture.add_file(source, 1, "a", "good content");
    fixture.add_file(source, 1, "b", "good content");
    test::write_file(mirror + "a", "evil content");
    EXPECT_EQ(read(*file.content), "good content");
    EXPECT_EQ(restarts, 1);
}

TEST_F(ContentReaderTest, FallsBackToThePack) {
    const auto file = fixture.add_file(source, 1, "a", "good content");
    fixture.place_in_pack(*file.content, "good content");
    test::write_file(mirror + "a", "evil content");
    EXPECT_EQ(read(*file.content), "good content");
    EXPECT_TRUE(reader.trouble_in_mirror(catalog.content(*file.content), "files/host/s/a"));
    EXPECT_FALSE(reader.trouble_in_history(catalog.content(*file.content)));
}

TEST_F(ContentReaderTest, ReadsKeptContents) {
    const std::string bytes(2000000, 'k');
    const auto content = fixture.add_content(bytes);
    fixture.place_in_kept(content, bytes);
    EXPECT_EQ(read(content), bytes);
}

TEST_F(ContentReaderTest, NamesWhatIsDamaged) {
    const auto file = fixture.add_file(source, 1, "a", "good content");
    test::write_file(mirror + "a", "evil content");
    EXPECT_THAT(damage_of(*file.content), HasSubstr("1:/s/a"));
    test::write_file(mirror + "a", "short");
    EXPECT_THAT(damage_of(*file.content), HasSubstr("5 bytes"));
    std::filesystem::remove(mirror + "a");
    EXPECT_THAT(damage_of(*file.content), HasSubstr("latest/files/host/s/a is missing"));
}

TEST_F(ContentReaderTest, RefusesWhatIsNoPlainFile) {
    const auto file = fixture.add_file(source, 1, "a", "content");
    test::write_file(fixture / "elsewhere", "content");
    std::filesystem::remove(mirror + "a");
    ASSERT_EQ(symlink((fixture / "elsewhere").c_str(), (mirror + "a").c_str()), 0);
    EXPECT_THAT(damage_of(*file.content), HasSubstr("is missing"));
    std::filesystem::remove(mirror + "a");
    ASSERT_EQ(mkfifo((mirror + "a").c_str(), 0600), 0);
    EXPECT_THAT(damage_of(*file.content), HasSubstr("no plain file"));
    std::filesystem::remove(mirror + "a");
    std::filesystem::create_directory(mirror + "a");
    EXPECT_THAT(damage_of(*file.content), HasSubstr("no plain file"));
}

TEST_F(ContentReaderTest, NeverGoesThroughASymlinkedFolder) {
    fixture.add_directory(source, 1, "d", 2);
    const auto file = fixture.add_file(source, 2, "a", "content");
    std::filesystem::rename(mirror + "d", fixture / "outside");
    ASSERT_EQ(symlink((fixture / "outside").c_str(), (mirror + "d").c_str()), 0);
    EXPECT_THAT(damage_of(*file.content), HasSubstr("is missing"));
}

TEST_F(ContentReaderTest, FindsEveryDamagedByteOfARecord) {
    const std::string bytes = "some old content, some old content, some old content";
    const auto content = fixture.add_content(bytes);
    fixture.place_in_pack(content, bytes);
    const auto record = catalog.content(content);
    const auto pack = fixture / (".kist/history/" + pack_name(record.pack));
    const auto good = test::read_file(pack);
    auto last = good.size();
    while (good[last - 1] == '\0') --last;  // padding is nobody's
    for (std::size_t at = 0; at < last; ++at) {
        auto bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x20);
        test::write_file(pack, bad);
        EXPECT_NE(damage_of(content), "none") << at;
    }
    for (std::size_t size = 0; size < last; size += 5) {
        test::write_file(pack, good.substr(0, size));
        EXPECT_NE(damage_of(content), "none") << size;
    }
    test::write_file(pack, good);
    EXPECT_EQ(read(content), bytes);
}

TEST_F(ContentReaderTest, ARecordOfAnotherContentIsDamage) {
    const auto content = fixture.add_content("mine");
    fixture.place_in_pack(content, "yours");
    EXPECT_THAT(damage_of(content), HasSubstr("something else"));
}

TEST_F(ContentReaderTest, WhatTakeThrowsComesThrough) {
    const auto file = fixture.add_file(source, 1, "a", "content");
    const auto full = [](auto, auto) { throw Error::from_errno(EIO, "the target"); };
    try {
        reader.read(catalog.content(*file.content), full, [] {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.error_number(), EIO);
        EXPECT_EQ(error.code(), ErrorCode::failed);
    }
}

TEST_F(ContentReaderTest, WaitsForTheRunThatIsBeingApplied) {
    const auto file = fixture.add_file(source, 1, "a", "content");
    std::filesystem::rename(mirror + "a", fixture / "moving");
    fixture.database().execute("INSERT INTO step (phase, depth, kind, path) VALUES (1, 1, 1, x'61')");
    std::jthread applying([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        std::filesystem::rename(fixture / "moving", mirror + "a");
        fixture.database().execute("DELETE FROM step");
    });
    EXPECT_EQ(read(*file.content), "content");
}

TEST_F(ContentReaderTest, LooksAgainAfterARename) {
    fixture.add_directory(source, 1, "old", 2);
    fixture.add_file(source, 2, "a", "a");
    const auto file = fixture.add_file(source, 2, "b", "b");
    EXPECT_EQ(read(*catalog.find(snapshot, 2, "a")->content), "a");  // the reader now knows the folder
    fixture.database().execute("UPDATE entry SET name = CAST('new' AS BLOB) WHERE node = 2");
    std::filesystem::rename(mirror + "old", mirror + "new");
    EXPECT_EQ(read(*file.content), "b");
}

}  // namespace
}  // namespace kist::repository
