#include "cli/hook_environment.hpp"

#include "kist/os/process.hpp"

#include <filesystem>

#include <gmock/gmock.h>

namespace kist::cli {
namespace {

TEST(HookEnvironment, AShellReadsBackWhatWasPutIn) {
    std::string every;
    for (int byte = 1; byte < 256; ++byte) every += static_cast<char>(byte);
    const HookEnvironment environment({{"KIST_PATH", every}, {"KIST_ERROR", ""}});
    const auto list = environment.list();
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[0], "KIST_PATH=" + every);
    const auto file = list[2].substr(list[2].find('=') + 1);
    EXPECT_EQ(os::run({"sh", "-c", ". \"$1\"; printf %s \"$KIST_PATH\"", "sh", file}).output, every);
}

TEST(HookEnvironment, TheFileIsTheOwnersAndGoesWithTheObject) {
    std::string file;
    {
        const HookEnvironment environment({});
        file = environment.list().at(0).substr(std::string("KIST_ENV=").size());
        EXPECT_EQ(std::filesystem::status(file).permissions(),
                  std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(ShellQuoted, IsOneWord) {
    EXPECT_EQ(shell_quoted("it's $HOME"), "'it'\\''s $HOME'");
    EXPECT_EQ(shell_quoted(""), "''");
}

}  // namespace
}  // namespace kist::cli
