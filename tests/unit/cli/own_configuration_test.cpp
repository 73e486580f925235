#include "cli/own_configuration.hpp"

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

TEST(KeptBoot, ComesBackFromItsText) {
    const auto boot = parse_kept_boot(to_text({"/mnt/my backup", "/etc/kist/backup.key"}));
    ASSERT_TRUE(boot);
    EXPECT_EQ(boot->mount_point, "/mnt/my backup");
    EXPECT_EQ(boot->key_file, "/etc/kist/backup.key");
    EXPECT_EQ(parse_kept_boot(to_text({"/mnt/backup", ""}))->key_file, "");
}

TEST(KeptBoot, TextsThatNobodyHasWrittenSayNothing) {
    for (const auto* text : {"", "mount-point mnt\n", "mount-point /a\x1b[2J\n", "key-file /key\n", "nonsense"})
        EXPECT_FALSE(parse_kept_boot(text)) << text;
    EXPECT_EQ(parse_kept_boot("mount-point /a\nkey-file relative\n")->key_file, "");
    EXPECT_EQ(to_text({"/mnt/a\nb", ""}), "");
}

}  // namespace
}  // namespace kist::cli
