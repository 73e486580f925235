#include "kist/luks/mapping.hpp"

#include "kist/base/error.hpp"

#include "temporary_directory.hpp"

#include <gtest/gtest.h>

namespace kist::luks {
namespace {

TEST(Mapping, DeviceMapperIsNotClaimedWhereItIsMissing) {
    // Not by its device node: libdevmapper makes that on any kernel.
    if (test::read_file("/proc/misc").find("device-mapper") != std::string::npos)
        GTEST_SKIP() << "this kernel has device mapper";
    EXPECT_FALSE(device_mapper_is_usable());
    EXPECT_FALSE(mapping_exists("kist-none"));
    EXPECT_THROW(activate_mapping("/dev/loop-none", "kist-none", Secret(64), os::Access::read_write), Error);
}

}  // namespace
}  // namespace kist::luks
