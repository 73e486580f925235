#include "cli/accounts.hpp"

#include "kist/base/error.hpp"

#include "temporary_directory.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

using restore::OwnerKind;

class AccountsTest : public testing::Test {
  protected:
    void write(const std::string& passwd, const std::string& group) const {
        std::filesystem::create_directories(root / "etc");
        test::write_file(root / "etc/passwd", passwd);
        test::write_file(root / "etc/group", group);
    }

    test::TemporaryDirectory root;
};

TEST_F(AccountsTest, AreThoseOfTheSystemThere) {
    write("root:x:0:0:root:/root:/bin/bash\npaul:x:1234:1235:Paul,,,:/home/paul:/bin/sh\n",
          "root:x:0:\npaul:x:1235:\naudio:x:29:paul\n");
    const Accounts accounts(root.path());
    EXPECT_FALSE(accounts.is_of_this_machine());
    EXPECT_EQ(accounts.find("paul", OwnerKind::user), 1234U);
    EXPECT_EQ(accounts.find("paul", OwnerKind::group), 1235U);
    EXPECT_EQ(accounts.find("audio", OwnerKind::user), std::nullopt);
    ASSERT_TRUE(accounts.find_user(1234));
    EXPECT_EQ(accounts.find_user(1234)->home, "/home/paul");
    EXPECT_EQ(accounts.find_user(1234)->gid, 1235U);
    EXPECT_EQ(accounts.suggestion()->name, "paul");
    EXPECT_EQ(accounts.rules(OwnerKind::group).size(), 3U);
    EXPECT_TRUE(accounts.rules(OwnerKind::user).back().fits("paul", 7));
    EXPECT_EQ(accounts.rules(OwnerKind::user).back().to, 1234U);
}

TEST_F(AccountsTest, LinesThatAreNoneArePassedOver) {
    write("\n# comment\n+::::::\n:x:1:1:::\nx:x:notanumber:1:::\nlast:x:5:6::/:/bin/false", "short:x\nlast:x:6:");
    const Accounts accounts(root.path());
    EXPECT_EQ(accounts.rules(OwnerKind::user).size(), 1U);
    EXPECT_EQ(accounts.find("last", OwnerKind::group), 6U);
    EXPECT_FALSE(accounts.suggestion());
}

TEST_F(AccountsTest, WhereThereIsNoSystemIsAnError) {
    EXPECT_THROW(Accounts(root.path()), Error);
    EXPECT_THROW(Accounts(root / "nowhere"), Error);
}

TEST_F(AccountsTest, OfThisMachineAreAskedOfItsNameService) {
    const Accounts accounts;
    EXPECT_TRUE(accounts.is_of_this_machine());
    EXPECT_EQ(accounts.find("root", OwnerKind::user), 0U);
    EXPECT_EQ(accounts.find_user(0)->home, "/root");
    EXPECT_TRUE(accounts.rules(OwnerKind::user).empty());
}

}  // namespace
}  // namespace kist::cli
