#include "cli/entry_text.hpp"

#include <gmock/gmock.h>
#include <sys/sysmacros.h>

namespace kist::cli {
namespace {

using os::FileType;
using testing::HasSubstr;

TEST(ModeText, LooksLikeLs) {
    EXPECT_EQ(mode_text(FileType::regular, 0644), "-rw-r--r--");
    EXPECT_EQ(mode_text(FileType::directory, 01777), "drwxrwxrwt");
    EXPECT_EQ(mode_text(FileType::directory, 01770), "drwxrwx--T");
    EXPECT_EQ(mode_text(FileType::regular, 06755), "-rwsr-sr-x");
    EXPECT_EQ(mode_text(FileType::regular, 06644), "-rwSr-Sr--");
    EXPECT_EQ(mode_text(FileType::fifo, 0), "p---------");
}

repository::Entry entry_of(FileType type) {
    repository::Entry entry;
    entry.metadata.type = type;
    entry.metadata.uid = 12345;
    entry.metadata.mtime = Timestamp(std::chrono::seconds(1795162500));
    return entry;
}

TEST(LongLine, ShowsNamesWithoutControlBytes) {
    auto entry = entry_of(FileType::symlink);
    entry.metadata.symlink_target = "\x1b]0;gotcha\x07";
    const auto line = long_line(entry, "new\nline");
    EXPECT_THAT(line, HasSubstr(R"(new\x0aline -> \x1b]0;gotcha\x07)"));
    EXPECT_THAT(line, HasSubstr("12345")) << "an owner without a name";
}

TEST(EntryJson, CarriesWhatTheKindHas) {
    auto entry = entry_of(FileType::character_device);
    entry.metadata.special_device = makedev(1, 3);
    const auto json = entry_json(entry, "/dev/nu\xff");
    EXPECT_EQ(json["kind"], "character-device");
    EXPECT_EQ(json["device"], "1:3");
    EXPECT_EQ(json["mtime"], "2026-11-20T08:15:00Z");
    EXPECT_EQ(json["path_b64"], "L2Rldi9udf8=");
    EXPECT_FALSE(json.contains("size"));
}

}  // namespace
}  // namespace kist::cli
