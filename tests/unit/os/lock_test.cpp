#include "kist/os/lock.hpp"

#include "temporary_directory.hpp"

#include <gtest/gtest.h>

namespace kist::os {
namespace {

TEST(Lock, BelongsToTheDescriptorAndDiesWithIt) {
    const test::TemporaryDirectory root;
    const auto directory = root.open();
    auto first = directory.open_file_for_writing("lock", Create::exclusive);
    const auto second = directory.open_file_for_writing("lock", Create::no);
    EXPECT_TRUE(try_lock(first.get(), LockMode::exclusive));
    EXPECT_FALSE(try_lock(second.get(), LockMode::shared));
    first.reset();
    EXPECT_TRUE(try_lock(second.get(), LockMode::exclusive));
}

}  // namespace
}  // namespace kist::os
