#include "kist/repository/check.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace kist::repository {
namespace {

using test::CatalogFixture;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CheckTest : public ::testing::Test {
  protected:
    CheckTest() { fixture.add_root(source, 1); }

    CheckResult check_all(CheckDepth depth = CheckDepth::contents) {
        fixture.count_entries();
        CheckOptions options;
        options.depth = depth;
        return check(fixture.repository(), options);
    }
    Damage only_damage(CheckDepth depth = CheckDepth::contents) {
        const auto result = check_all(depth);
        EXPECT_FALSE(result.is_sound());
        EXPECT_EQ(result.damage_count, 1U);
        EXPECT_THAT(result.inconsistencies, IsEmpty());
        return result.damage.empty() ? Damage{} : result.damage.front();
    }
    std::string mirror(const std::string& path) { return fixture.mirror("files/host/s/" + path); }

    // A content of the first snapshot only.
    ContentId add_old(const std::string& name, const std::string& bytes) {
        const auto content = fixture.add_content(bytes);
        auto row = fixture.file_entry(source, 1, name, content, bytes.size());
        row.last = 1;
        fixture.add(row);
        return content;
    }

    CatalogFixture fixture;
    Source source = fixture.add_source("/s");
    Snapshot first = fixture.add_snapshot(source);
    Snapshot second = fixture.add_snapshot(source);
};

TEST_F(CheckTest, FindsNothingWrongWithWhatIsRight) {
    fixture.add_directory(source, 1, "d", 2);
    std::filesystem::create_directory(mirror("d"));
    fixture.add_file(source, 2, "f", "content");
    fixture.place_in_pack(add_old("packed", "packed content"), "packed content");
    fixture.place_in_kept(add_old("kept", "kept content"), "kept content");
    fixture.count_entries();
    CheckProgress progress;
    CheckOptions options;
    options.progress = &progress;
    const auto result = check(fixture.repository(), options);
    EXPECT_TRUE(result.is_sound());
    EXPECT_EQ(result.entries, 3U);
    EXPECT_EQ(result.files, 1U);
    EXPECT_EQ(result.contents, 2U);
    EXPECT_EQ(result.bytes_read.value, 7U + 14 + 12);
    EXPECT_EQ(progress.files_done, progress.files_total);
    EXPECT_EQ(progress.bytes_done, progress.bytes_total);
}

TEST_F(CheckTest, NamesADamagedPlainFileAndWhoNeedsIt) {
    fixture.add_file(source, 1, "f", "good content");
    test::write_file(mirror("f"), "evil content");
    const auto damage = only_damage();
    EXPECT_THAT(damage.reason, HasSubstr("latest/files/host/s/f does not hold what was backed up"));
    EXPECT_FALSE(damage.is_recoverable);
    ASSERT_THAT(damage.concerned, SizeIs(1));
    EXPECT_EQ(damage.concerned[0].path, "/s/f");
    EXPECT_EQ(damage.concerned[0].first, 1);
    EXPECT_EQ(damage.concerned[0].last, 2);
    EXPECT_TRUE(check_all(CheckDepth::catalog).is_sound());  // its size is right
}

TEST_F(CheckTest, SaysWhenAnotherCopyIsGood) {
    const auto file = fixture.add_file(source, 1, "f", "good content");
    fixture.place_in_pack(*file.content, "good content");
    test::write_file(mirror("f"), "evil content");
    EXPECT_TRUE(only_damage().is_recoverable);
}

TEST_F(CheckTest, FindsWhatStandsWrongInTheMirror) {
    fixture.add_file(source, 1, "f", "content");
    const auto after = [&](const std::function<void()>& change) {
        std::filesystem::remove_all(mirror("f"));
        change();
        return only_damage(CheckDepth::catalog).reason;
    };
    EXPECT_THAT(after([] {}), HasSubstr("is missing"));
    EXPECT_THAT(after([&] { test::write_file(mirror("f"), "short"); }), HasSubstr("has 5 bytes, not 7"));
    EXPECT_THAT(after([&] { std::filesystem::create_directory(mirror("f")); }), HasSubstr("something else"));
    EXPECT_THAT(after([&] { ASSERT_EQ(symlink("/etc/passwd", mirror("f").c_str()), 0); }), HasSubstr("something else"));
}

TEST_F(CheckTest, ComparesSymlinksAndFoldersAndToleratesMissingDevices) {
    auto link = fixture.entry(source, 1, "l", os::FileType::symlink, 0777);
    link.metadata.symlink_target = "right";
    fixture.add(link);
    auto device = fixture.entry(source, 1, "device", os::FileType::block_device, 0600);
    fixture.add(device);
    ASSERT_EQ(symlink("right", mirror("l").c_str()), 0);
    EXPECT_TRUE(check_all().is_sound());
    std::filesystem::remove(mirror("l"));
    ASSERT_EQ(symlink("wrong", mirror("l").c_str()), 0);
    const auto damage = only_damage();
    EXPECT_THAT(damage.reason, HasSubstr("leads elsewhere"));
    EXPECT_TRUE(damage.is_recoverable);  // the catalog knows
    ASSERT_THAT(damage.concerned, SizeIs(1));
    EXPECT_EQ(damage.concerned[0].path, "/s/l");
}

TEST_F(CheckTest, FindsDamageInHistory) {
    const auto content = add_old("old", "old content");
    fixture.place_in_pack(content, "old content");
    const auto pack = fixture / (".kist/history/" + pack_name(2));
    auto bytes = test::read_file(pack);
    bytes[bytes.size() - 8] = static_cast<char>(bytes[bytes.size() - 8] ^ 1);
    test::write_file(pack, bytes);
    const auto damage = only_damage();
    EXPECT_THAT(damage.reason, HasSubstr("0002.pack"));
    ASSERT_THAT(damage.concerned, SizeIs(1));
    EXPECT_EQ(damage.concerned[0].path, "/s/old");
    EXPECT_EQ(damage.concerned[0].last, 1);
    fixture.place_in_kept(content, "old content");
    EXPECT_TRUE(check_all().is_sound());
    std::filesystem::remove(fixture /
                            (".kist/history/kept/" + to_hex(delta::content_hash(os::as_bytes("old content")))));
    EXPECT_THAT(only_damage().reason, HasSubstr("is missing"));
}

TEST_F(CheckTest, NamesWhatWasLostBefore) {
    add_old("old", "old content");
    fixture.database().execute("UPDATE content SET place = 3");
    EXPECT_THAT(only_damage(CheckDepth::catalog).reason, HasSubstr("lost"));
}

TEST_F(CheckTest, ReadsNamesOfOneFileOnce) {
    for (const auto* name : {"a", "b"}) {
        auto row = fixture.file_entry(source, 1, name, fixture.add_content("shared"), 6);
        row.node = 5;
        fixture.add(row);
    }
    test::write_file(mirror("a"), "shared");
    std::filesystem::create_hard_link(mirror("a"), mirror("b"));
    EXPECT_TRUE(check_all().is_sound());
    test::write_file(mirror("a"), "damage");
    EXPECT_EQ(check_all().damage_count, 2U);
}

TEST_F(CheckTest, ADamagedCatalogIsNamedAndTheRestIsChecked) {
    fixture.add_file(source, 1, "f", "good content");
    fixture.add(fixture.file_entry(source, 1, "../evil", fixture.add_content("x"), 1));
    test::write_file(mirror("f"), "evil content");
    const auto result = check_all();
    EXPECT_THAT(result.inconsistencies, testing::Contains(HasSubstr("../evil")));
    EXPECT_EQ(result.damage_count, 1U);
}

TEST_F(CheckTest, AMissingContentIsNamed) {
    fixture.add_file(source, 1, "f", "content");
    fixture.database().execute("DELETE FROM content");
    const auto result = check_all();
    EXPECT_THAT(result.inconsistencies, SizeIs(1));
    ASSERT_EQ(result.damage_count, 1U);
    EXPECT_FALSE(result.damage.front().is_recoverable);
}

TEST_F(CheckTest, ChecksManyFilesInManyThreads) {
    for (int i = 0; i < 1000; ++i)
        fixture.add_file(source, 1, std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
    for (int i = 0; i < 1000; i += 100) test::write_file(mirror(std::to_string(i)), "damaged");
    CheckOptions options;
    options.threads = 4;
    const auto result = check(fixture.repository(), options);
    EXPECT_EQ(result.damage_count, 10U);
    EXPECT_EQ(result.entries, 1001U);
}

TEST_F(CheckTest, CanBeInterrupted) {
    fixture.add_file(source, 1, "f", "content");
    const std::atomic<bool> interrupt = true;
    CheckOptions options;
    options.interrupt = &interrupt;
    try {
        check(fixture.repository(), options);
        FAIL() << "not interrupted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
}

}  // namespace
}  // namespace kist::repository
