#include "cli/expected_sources.hpp"

#include "temporary_directory.hpp"

#include <filesystem>

#include <gmock/gmock.h>

namespace kist::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> paths(const std::vector<ExpectedSource>& sources) {
    std::vector<std::string> found;
    for (const auto& source : sources) found.push_back(source.path);
    return found;
}

TEST(ExpectedSources, OnlyThisHostsBackupsCount) {
    const std::vector<ExpectedSource> expected{{"docs", "/nowhere/docs"}, {"pics", "/nowhere/pics"}};
    EXPECT_THAT(paths(never_backed_up(expected, {}, "here")), ElementsAre("/nowhere/docs", "/nowhere/pics"));
    EXPECT_THAT(
        paths(never_backed_up(expected, {{1, "here", "/nowhere/docs", ""}, {2, "there", "/nowhere/pics", ""}}, "here")),
        ElementsAre("/nowhere/pics"));
}

TEST(ExpectedSources, APathThroughALinkIsWhereItLeads) {
    const test::TemporaryDirectory folder;
    std::filesystem::create_directory(folder / "real");
    std::filesystem::create_directory_symlink("real", folder / "link");
    EXPECT_THAT(never_backed_up({{"docs", folder / "link"}}, {{1, "here", folder / "real", ""}}, "here"), IsEmpty());
}

TEST(ExpectedSources, AMailboxIsOfNoHost) {
    const std::vector<ExpectedSource> expected{{"work", "/work", true}};
    EXPECT_THAT(never_backed_up(expected, {{1, "mail:", "/work", ""}}, "here"), IsEmpty());
    EXPECT_THAT(never_backed_up(expected, {{1, "here", "/work", ""}}, "here"), testing::SizeIs(1));
}

TEST(ExpectedSources, AreThoseOfTheVolumeThatTheyWouldGoTo) {
    const test::TemporaryDirectory folder;
    for (const auto* name : {"one", "two"}) std::filesystem::create_directory(folder / name);
    test::write_file(folder / "kist.toml", "[volume.one]\npath = '" + (folder / "one") + "'\n[volume.two]\npath = '" +
                                               (folder / "two") +
                                               "'\n[volume.gone]\npath = '/nowhere'\n"
                                               "[source.a]\nvolume = 'one'\npaths = ['/a', '/b']\n"
                                               "[source.c]\nvolume = 'two'\npaths = '/c'\n"
                                               "[source.d]\nvolume = 'gone'\npaths = '/d'\n"
                                               "[source.e]\npaths = '/e'\n");
    GlobalOptions options;
    options.configured.file = folder / "kist.toml";
    options.volume = folder / "one";  // which says what is asked about, not where backups go
    const auto at = [&](const std::string& name) {
        return paths(sources_expected_at({{}, {}, folder / name}, options));
    };
    EXPECT_THAT(at("one"), ElementsAre("/a", "/b"));
    EXPECT_THAT(at("two"), ElementsAre("/c"));
}

}  // namespace
}  // namespace kist::cli
