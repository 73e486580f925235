#include "kist/luks/erase.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/header.hpp"
#include "kist/luks/preparation.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"

#include <gmock/gmock.h>

namespace kist::luks {
namespace {

class LuksFile : public testing::Test {
  protected:
    LuksFile() {
        os::truncate(folder_.open().open_file_for_writing("disk", os::Create::exclusive).get(), 32 << 20, path_);
        Header::format(path_, {.uuid = random_uuid(), .label = "a \"b\" (c)", .kdf = kCheap}, random_volume_key(),
                       key_);
    }

    static constexpr KdfCost kCheap{.memory = 32 * kKiB, .iterations = 4};
    test::TemporaryDirectory folder_;
    std::string path_ = folder_ / "disk";
    Secret key_ = Secret::copy_of(os::as_bytes("correct horse"));
};

using Preparation = LuksFile;
using Erase = LuksFile;

TEST_F(Preparation, IsUnderWayUntilItIsMarkedComplete) {
    EXPECT_TRUE(is_in_preparation(path_));
    mark_complete(path_);
    EXPECT_FALSE(is_in_preparation(path_));
    EXPECT_EQ(Header::load(path_).label(), "a \"b\" (c)");
    EXPECT_THAT(os::run({"cryptsetup", "luksDump", path_}).output, testing::HasSubstr("Subsystem:     \tkist\n"));
}

TEST_F(Preparation, AHeaderCutOffWhileItWasWrittenIsToldFromADamagedOne) {
    const auto cut_off = [&] {
        auto bytes = test::read_file(path_);
        bytes.replace(4096, 8 << 20, 8 << 20, '\0');  // the text of the first copy, and all of the second
        test::write_file(path_, bytes);
    };
    const auto whole = test::read_file(path_);
    cut_off();
    EXPECT_THROW(Header::load(path_), Error);
    EXPECT_TRUE(is_in_preparation(path_));
    test::write_file(path_, whole);
    mark_complete(path_);
    cut_off();
    EXPECT_THROW(Header::load(path_), Error);
    EXPECT_FALSE(is_in_preparation(path_)) << "it may hold everything that somebody has";
}

TEST_F(Preparation, OthersVolumesAreComplete) {
    ASSERT_EQ(os::run({"cryptsetup", "config", path_, "--subsystem", ""}).status, 0);
    EXPECT_FALSE(is_in_preparation(path_));
    os::truncate(os::Fd(folder_.open().open_file_for_writing("zeros", os::Create::exclusive)).get(), 1 << 20, "zeros");
    EXPECT_FALSE(is_in_preparation(folder_ / "zeros"));
}

TEST_F(Erase, LeavesNothingThatTheKeyOpens) {
    const auto saved = folder_ / "saved";
    ASSERT_EQ(os::run({"cryptsetup", "luksHeaderBackup", path_, "--header-backup-file", saved}).status, 0);
    erase(path_);
    EXPECT_THROW(Header::load(path_), Error);
    EXPECT_NE(os::run({"cryptsetup", "isLuks", path_}).status, 0);
    EXPECT_NE(os::run({"cryptsetup", "repair", "-q", path_}).status, 0) << "no copy of the header is left";
    EXPECT_EQ(os::run({"wipefs", "--noheadings", path_}).output, "");
    ASSERT_EQ(os::run({"cryptsetup", "luksHeaderRestore", "-q", path_, "--header-backup-file", saved}).status, 0);
    EXPECT_FALSE(Header::load(path_).unlock(key_).empty()) << "as the user is told";
}

TEST_F(Erase, RefusesWhatHasNoHeader) {
    os::truncate(os::Fd(folder_.open().open_file_for_writing("zeros", os::Create::exclusive)).get(), 1 << 20, "zeros");
    EXPECT_THROW(erase(folder_ / "zeros"), Error);
    EXPECT_EQ(test::read_file(folder_ / "zeros"), std::string(1 << 20, '\0'));
}

}  // namespace
}  // namespace kist::luks
