#include "kist/luks/header_backup.hpp"

#include "luks_fixture.hpp"

#include <sys/stat.h>

namespace kist::luks {
namespace {

class HeaderBackupTest : public LuksFixture {
  protected:
    Unlock with_key() const {
        return [&](const Header& header) { return header.unlock(key_); };
    }
    void erase_header() const {
        const auto disk = folder_.open().open_file_for_writing("disk", os::Create::no);
        os::write_at(disk.get(), 0, std::vector<std::byte>(8 << 20), path_);
    }
    std::string saved_ = folder_ / "saved";
};

TEST_F(HeaderBackupTest, BringsAnErasedHeaderBack) {
    for (const bool first_version : {false, true}) {
        const auto header = first_version ? format_luks1() : format();
        const auto saved = saved_ + (first_version ? "1" : "2");
        save_header(header, saved, with_key());
        struct stat status {};
        ASSERT_EQ(stat(saved.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777U, 0400U);
        cryptsetup({"open", "--test-passphrase", "--key-file", folder_ / "key", "--header", saved, path_});
        erase_header();
        EXPECT_EQ(load_saved_header(saved, path_).uuid(), header.uuid());
        restore_header(path_, saved);
        EXPECT_TRUE(opens("correct horse"));
    }
}

TEST_F(HeaderBackupTest, OneThatDoesNotOpenIsNotKept) {
    const auto header = format();
    EXPECT_EQ(
        code_of([&] { save_header(header, saved_, [](const Header& copy) { return copy.unlock(key_of("wrong")); }); }),
        ErrorCode::no_key);
    EXPECT_EQ(code_of([&] { save_header(header, saved_, [](const Header&) { return random_volume_key(); }); }),
              ErrorCode::failed);
    EXPECT_EQ(folder_.open().find_status("saved"), std::nullopt);
    EXPECT_EQ(folder_.open().entries().size(), 2U) << "disk and key";
}

TEST_F(HeaderBackupTest, NothingIsOverwritten) {
    const auto header = format();
    test::write_file(saved_, "precious");
    EXPECT_EQ(code_of([&] { save_header(header, saved_, with_key()); }), ErrorCode::usage);
    EXPECT_EQ(code_of([&] { save_raw_header(path_, saved_, saved_); }), ErrorCode::usage);
    EXPECT_EQ(test::read_file(saved_), "precious");
    EXPECT_EQ(code_of([&] { save_header(header, folder_ / "missing/saved", with_key()); }), ErrorCode::failed);
}

TEST_F(HeaderBackupTest, OtherFilesAreNoHeaders) {
    format();
    test::write_file(folder_ / "text", std::string(100'000, 'x'));
    EXPECT_EQ(code_of([&] { load_saved_header(folder_ / "text", path_); }), ErrorCode::usage);
    EXPECT_EQ(code_of([&] { load_saved_header(folder_ / "missing", path_); }), ErrorCode::failed);
    const auto before = test::read_file(path_);
    EXPECT_THROW(restore_header(path_, folder_ / "text"), Error);
    EXPECT_EQ(test::read_file(path_), before);
}

TEST_F(HeaderBackupTest, RestoreCanBeUndone) {
    const auto header = format();
    save_header(header, saved_, with_key());
    add_key(header, volume_key_, key_of("second"), kCheap);
    const auto before = test::read_file(path_);
    save_raw_header(path_, saved_, folder_ / "undo");
    restore_header(path_, saved_);
    EXPECT_FALSE(opens("second"));
    restore_header(path_, folder_ / "undo");
    EXPECT_TRUE(opens("second"));
    EXPECT_EQ(keyslots(load_saved_header(folder_ / "undo", path_)).size(), 2U);
}

TEST_F(HeaderBackupTest, RawCopyOfWhateverStandsThere) {
    save_header(format(), saved_, with_key());
    erase_header();
    save_raw_header(path_, saved_, folder_ / "undo");
    const auto undo = test::read_file(folder_ / "undo");
    EXPECT_EQ(undo, test::read_file(path_).substr(0, undo.size()));
    EXPECT_GE(undo.size(), test::read_file(saved_).size());
}

}  // namespace
}  // namespace kist::luks
