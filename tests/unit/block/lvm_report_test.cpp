#include "block/lvm_report.hpp"

#include <gmock/gmock.h>

namespace kist::block {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(LvmReport, HasARowForEachLine) {
    const auto rows = parse_lvm_report(
        "  LVM2_VG_NAME='vg0' LVM2_LV_NAME='home' LVM2_SEGTYPE='thin' LVM2_POOL_LV='pool'\n"
        "  LVM2_VG_NAME='vg0' LVM2_LV_NAME='root' LVM2_SEGTYPE='linear' LVM2_POOL_LV=''\n");
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(value_of(rows[0], "lv_name"), "home");
    EXPECT_EQ(value_of(rows[0], "pool_lv"), "pool");
    EXPECT_EQ(value_of(rows[1], "segtype"), "linear");
    EXPECT_EQ(value_of(rows[1], "pool_lv"), "");
    EXPECT_EQ(value_of(rows[1], "origin"), "");
}

TEST(LvmReport, WarningsBetweenAreNoRows) {
    const auto rows = parse_lvm_report(
        "File descriptor 3 (pipe:[1]) leaked on lvs invocation.\n"
        "  WARNING: Device /dev/sdb has size of 12 sectors LVM2_X='y'\n"
        "\n"
        "  LVM2_LV_NAME='home'\n"
        "  LVM2_LV_NAME='cut off");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(value_of(rows[0], "lv_name"), "home");
    EXPECT_THAT(parse_lvm_report(""), IsEmpty());
}

TEST(LvmReport, PercentAreThoseOfAnyLocale) {
    const auto rows =
        parse_lvm_report("LVM2_A='12.99' LVM2_B='7,5' LVM2_C='100.00' LVM2_D='' LVM2_E='-1' LVM2_F='999'");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(percent_of(rows[0], "a"), 12);
    EXPECT_EQ(percent_of(rows[0], "b"), 7);
    EXPECT_EQ(percent_of(rows[0], "c"), 100);
    for (const auto* unknown : {"d", "e", "f", "g"}) EXPECT_EQ(percent_of(rows[0], unknown), 100) << unknown;
}

TEST(LvmReport, HyphensAreDoubledInTheNamesOfDevices) {
    EXPECT_EQ(mapper_path("vg-0", "a--b"), "/dev/mapper/vg--0-a----b");
}

}  // namespace
}  // namespace kist::block
