#include "mailbox/folder_comparison.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kist::mailbox;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

const std::vector<KnownMessage> kKnown{{1, 0, 101}, {2, 0, 102}, {5, 1, 105}, {9, 0, 109}};

template <typename Messages>
std::vector<std::uint32_t> uids(const Messages& messages) {
    std::vector<std::uint32_t> all;
    for (const auto& message : messages) all.push_back(message.uid);
    return all;
}

std::vector<std::uint32_t> reflagged(const FolderDifference& difference) {
    std::vector<std::uint32_t> all;
    for (const auto& message : difference.reflagged) all.push_back(message.known.uid);
    return all;
}

}  // namespace

TEST(FolderComparison, OfAWholeFolder) {
    FolderReport report;
    report.is_whole = true;
    report.seen = {{1, 0}, {3, 2}, {5, 0}, {9, std::nullopt}, {4294967295, 0}};
    report.messages = 5;
    const auto difference = compare_folder(kKnown, report);
    EXPECT_THAT(uids(difference.created), ElementsAre(3, 4294967295));
    EXPECT_THAT(uids(difference.removed), ElementsAre(2));
    EXPECT_THAT(reflagged(difference), ElementsAre(5));
    EXPECT_TRUE(difference.adds_up);
}

TEST(FolderComparison, OfChangesAndWhatVanished) {
    FolderReport report;
    report.seen = {{5, 2}, {10, 0}, {11, 0}};
    report.vanished = {{11, 20}, {2, 2}, {1, 3}};
    report.messages = 3;
    const auto difference = compare_folder(kKnown, report);
    EXPECT_THAT(uids(difference.created), ElementsAre(10));
    EXPECT_THAT(uids(difference.removed), ElementsAre(1, 2));
    EXPECT_THAT(reflagged(difference), ElementsAre(5));
    EXPECT_TRUE(difference.adds_up);
    report.messages = 4;
    EXPECT_FALSE(compare_folder(kKnown, report).adds_up);
}

TEST(FolderComparison, OfChangesAndWhatIsThere) {
    FolderReport report;
    report.seen = {{2, 3}};
    report.present = {2, 7, 9};
    report.messages = 3;
    const auto difference = compare_folder(kKnown, report);
    EXPECT_THAT(uids(difference.created), ElementsAre(7));
    EXPECT_THAT(uids(difference.removed), ElementsAre(1, 5));
    EXPECT_THAT(reflagged(difference), ElementsAre(2));
    EXPECT_TRUE(difference.adds_up);
}

TEST(FolderComparison, NothingIsNothing) {
    FolderReport report;
    report.messages = 4;
    const auto difference = compare_folder(kKnown, report);
    EXPECT_THAT(uids(difference.created), IsEmpty());
    EXPECT_THAT(uids(difference.removed), IsEmpty());
    EXPECT_THAT(reflagged(difference), IsEmpty());
    EXPECT_TRUE(difference.adds_up);
}
