#include "browse/tree_index.hpp"

#include <cstdlib>
#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::browse {
namespace {

using repository::Snapshot;
using testing::ElementsAre;
using testing::Key;
using testing::Pair;

constexpr std::int64_t kMorning = 1795162500;  // 2026-11-20T08:15:00Z

class TreeIndexTest : public testing::Test {
  protected:
    TreeIndexTest() {
        setenv("TZ", "UTC", 1);
        tzset();
    }

    static Snapshot snapshot(repository::SnapshotNumber number, repository::SourceId source, std::int64_t seconds) {
        Snapshot made;
        made.number = number;
        made.source = source;
        made.time = time_at(seconds, 999999999);
        made.finished = time_at(seconds + 60);
        return made;
    }

    static const TreeIndex::SourceFolder& source(const TreeIndex& index, repository::SourceId id) {
        return *index.source(id);
    }
};

TEST_F(TreeIndexTest, NamesSourcesByNameOrPathAndSnapshotsByDate) {
    const TreeIndex index({{1, "old", "/home/user", ""}, {2, "old", "/", ""}, {3, "new", "/srv/mail", "mail"}},
                          {snapshot(1, 1, kMorning), snapshot(2, 2, kMorning), snapshot(3, 3, kMorning),
                           snapshot(4, 1, kMorning + 86400)});
    EXPECT_THAT(index.hosts(), ElementsAre(Pair("new", 3), Pair("old", 1)));
    EXPECT_THAT(index.host(1)->sources, ElementsAre(Pair("home-user", 1), Pair("root", 2)));
    EXPECT_THAT(index.host(3)->sources, ElementsAre(Pair("mail", 3)));
    EXPECT_THAT(source(index, 1).snapshots,
                ElementsAre(Pair("2026-11-20T08-15-00", 1), Pair("2026-11-21T08-15-00", 4)));
    EXPECT_EQ(source(index, 1).latest, "2026-11-21T08-15-00");
    EXPECT_EQ(index.newest(), time_at(kMorning + 86400 + 60));
}

TEST_F(TreeIndexTest, TellsEqualNamesApart) {
    const TreeIndex index(
        {{1, "h", "/a/b", ""}, {2, "h", "/a-b", ""}, {3, "h", "/c", "a-b"}},
        {snapshot(5, 1, kMorning), snapshot(6, 1, kMorning), snapshot(7, 2, kMorning), snapshot(8, 3, kMorning)});
    EXPECT_THAT(index.host(1)->sources, ElementsAre(Pair("a-b", 1), Pair("a-b-2", 2), Pair("a-b-3", 3)));
    EXPECT_THAT(source(index, 1).snapshots,
                ElementsAre(Pair("2026-11-20T08-15-00", 5), Pair("2026-11-20T08-15-00_6", 6)));
    EXPECT_EQ(source(index, 1).latest, "2026-11-20T08-15-00_6");
}

TEST_F(TreeIndexTest, MakesFolderNamesOfAnything) {
    const std::string nul("a\0b", 3);
    const TreeIndex index(
        {{1, "../x", "/.hidden", ""},
         {2, "../x", "/p", ".."},
         {3, "../x", "/q", "a/../\n" + nul},
         {4, std::string(300, 'h'), "/" + std::string(255, 'n'), ""},
         {5, "", "/nothing", ""}},
        {snapshot(1, 1, kMorning), snapshot(2, 2, kMorning), snapshot(3, 3, kMorning), snapshot(4, 4, kMorning)});
    EXPECT_THAT(index.hosts(), ElementsAre(Key("%2E.%2Fx"), Key("host-4")));
    EXPECT_THAT(index.host(1)->sources, ElementsAre(Key("_."), Key("_hidden"), Key("a-..-_a_b")));
    EXPECT_EQ(source(index, 4).name, std::string(200, 'n'));
    EXPECT_EQ(index.source(5), nullptr);  // without a snapshot
}

}  // namespace
}  // namespace kist::browse
