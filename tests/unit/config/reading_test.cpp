#include "kist/config/reading.hpp"

#include "kist/base/error.hpp"
#include "kist/config/confirmation.hpp"

#include "temporary_directory.hpp"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>

namespace kist::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kWhole = R"(include = ["conf.d/*.toml"]

[defaults]
volume = "usb"
exclude = ["*.iso"]
tags = ["nightly"]
keep-daily = 7

[volume.usb]
uuid = "11111111-2222-3333-4444-555555555555"
key-file = "usb.key"

[volume.file]
path = "~/disk.kist"
passphrase-command = ["pass", "show", "backup"]

[source.docs]
paths = ["~/Documents/", "/srv//data"]
include = "keep.o"
exclude = ["*.o"]
filter = ["+ /src/"]
exclude-from = ["rules"]
one-file-system = true
exclude-caches = true
exclude-nodump = true
exclude-if-present = ".no-backup"
default-excludes = false
max-size = "4G"
min-size = 10
tags = ["work"]
volume = "file"
keep-weekly = 5
keep-within = "30d"
keep-tag = "work"
before = [["systemctl", "stop", "db"], ["sh", "-c", "dump > /var/dump"]]
hook-timeout = "90s"
snapshot = "auto"
sqlite = true

[source."Büro"]
paths = "/srv/other"
)";

class ReadConfiguration : public testing::Test {
  protected:
    std::string main_file() const { return folder / "kist.toml"; }

    Reading read_text(const std::string& text) const {
        test::write_file(main_file(), text);
        return read_again();
    }

    Reading read_again() const {
        return read({.path = main_file(), .presence = Presence::required, .home = "/home/user"});
    }

    // "LINE:COLUMN: message (hint)" of each.
    std::vector<std::string> problems(const std::string& text) const {
        std::vector<std::string> lines;
        for (const auto& problem : read_text(text).problems) {
            EXPECT_EQ(problem.origin.file, main_file());
            lines.push_back(std::to_string(problem.origin.line) + ":" + std::to_string(problem.origin.column) + ": " +
                            problem.message + (problem.hint.empty() ? "" : " (" + problem.hint + ")"));
        }
        return lines;
    }

    test::TemporaryDirectory folder;
};

TEST_F(ReadConfiguration, UnderstandsEverything) {
    const auto reading = read_text(kWhole);
    EXPECT_THAT(reading.problems, IsEmpty());
    const auto& configuration = reading.configuration;
    ASSERT_THAT(configuration.volumes, SizeIs(2));
    EXPECT_EQ(configuration.volumes[0].key_file, folder / "usb.key") << "relative to the file's folder";
    EXPECT_EQ(configuration.volumes[1].path, "/home/user/disk.kist");
    EXPECT_THAT(configuration.volumes[1].passphrase_command, ElementsAre("pass", "show", "backup"));
    EXPECT_EQ(configuration.default_volume, "usb");
    const auto* docs = configuration.find_source("docs");
    ASSERT_NE(docs, nullptr);
    EXPECT_THAT(docs->paths, ElementsAre("/home/user/Documents", "/srv/data"));
    std::vector<std::string> rules;
    for (const auto& rule : docs->rules) rules.push_back(rule.text);
    EXPECT_THAT(rules, ElementsAre("+ /src/", "keep.o", "*.o", folder / "rules", "*.iso"))
        << "filter, include, exclude, then the defaults";
    EXPECT_EQ(to_text(docs->rules[2].origin), main_file() + ":20");
    EXPECT_TRUE(docs->one_filesystem && docs->exclude_caches && docs->exclude_nodump && !docs->default_excludes);
    EXPECT_EQ(docs->exclude_if_present, std::vector<std::string>{".no-backup"});
    EXPECT_EQ(docs->largest->value, 4ULL << 30U);
    EXPECT_EQ(docs->smallest->value, 10u);
    EXPECT_THAT(docs->tags, ElementsAre("work", "nightly"));
    EXPECT_EQ(docs->volume, "file");
    ASSERT_TRUE(docs->retention);
    EXPECT_EQ(docs->retention->daily, 0) << "own retention replaces that of the defaults";
    EXPECT_EQ(docs->retention->weekly, 5);
    EXPECT_EQ(docs->retention->within, "30d");
    EXPECT_THAT(docs->retention->tags, ElementsAre("work"));
    const auto* office = configuration.find_source("Büro");
    ASSERT_NE(office, nullptr);
    EXPECT_EQ(office->volume, "usb");
    EXPECT_EQ(office->retention->daily, 7);
    EXPECT_EQ(configuration.find_source_of("/srv/other"), office);
    EXPECT_EQ(configuration.find_source_of("/srv/other/below"), nullptr);
    EXPECT_EQ(configuration.find_source_above("/srv/other/below"), office);
    EXPECT_EQ(configuration.find_source_above("/srv/otherwise"), nullptr);
}

TEST_F(ReadConfiguration, TheOnlyVolumeIsTheDefault) {
    EXPECT_EQ(read_text("[volume.a]\nlabel = 'a'\n").configuration.default_volume, "a");
    EXPECT_EQ(read_text("[volume.a]\nlabel = 'a'\n[volume.b]\nlabel = 'b'\n").configuration.default_volume, "");
}

TEST_F(ReadConfiguration, NamesUnknownKeysWithTheNearestKnown) {
    EXPECT_THAT(problems("[source.a]\npaths = ['/a']\n  exlude = ['x']\n"),
                ElementsAre("3:3: unknown key exlude in [source.a] (Did you mean exclude?)"));
    EXPECT_THAT(problems("[sources.a]\npaths = ['/a']\n"),
                ElementsAre("1:2: unknown key sources (Did you mean source?)"));
    EXPECT_THAT(problems("[volume.a]\nlabel = 'a'\nfrobnicate = 1\n"),
                ElementsAre("3:1: unknown key frobnicate in [volume.a]"));
    EXPECT_THAT(problems("[defaults]\nkeep-dayly = 7\n"),
                ElementsAre("2:1: unknown key keep-dayly in [defaults] (Did you mean keep-daily?)"));
}

TEST_F(ReadConfiguration, SaysWhatAValueHasToBe) {
    EXPECT_THAT(problems("[source.a]\npaths = [1]\n"),
                ElementsAre("2:10: source.a.paths has to be text, in quotes",
                            HasSubstr("1:9: [source.a] has neither paths nor a url")));
    EXPECT_THAT(problems("[source.a]\npaths = ['/a']\none-file-system = 'yes'\nkeep-daily = -1\nmax-size = 'big'\n"),
                ElementsAre("3:19: source.a.one-file-system has to be true or false, without quotes",
                            "5:12: source.a.max-size has to be a size, like \"4G\" or \"512M\"",
                            "4:14: source.a.keep-daily has to be a whole number above 0"));
    EXPECT_THAT(problems("[volume.a]\nlabel = 'a'\npassphrase-command = 'pass show'\n"),
                ElementsAre(HasSubstr("has to be an array: the program, then its arguments")));
    EXPECT_THAT(problems("source = 1979-05-27\n"), ElementsAre(HasSubstr("has to be tables with a name each")));
    EXPECT_THAT(problems("[source]\na = 1\n"), ElementsAre(HasSubstr("2:1: source.a has to be a table")));
    EXPECT_THAT(problems("[source.a]\npaths = [\"/a\\u0000b\"]\n"),
                ElementsAre(HasSubstr("text without a NUL"), HasSubstr("has neither paths nor a url")));
}

TEST_F(ReadConfiguration, SaysWhereTheSyntaxIsWrong) {
    const auto found = problems("[source.a]\npaths = ['/a'\n[source.b]\n");
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_THAT(found[0], testing::StartsWith("3:"));
}

TEST_F(ReadConfiguration, RefusesNamesThatSnapshotsHave) {
    for (const auto* name :
         {"12", "2026-11-20", "latest", "yesterday", "-x", "a/b", "a b", "a:b", "a~1", "\"\"", "''"}) {
        const std::string quoted = *name == '"' || *name == '\'' ? name : "\"" + std::string(name) + "\"";
        EXPECT_THAT(problems("[source." + quoted + "]\npaths = ['/a']\n"),
                    ElementsAre(HasSubstr("cannot be the name of a source")))
            << name;
    }
    EXPECT_FALSE(is_name(std::string(65, 'a')));
    EXPECT_TRUE(is_name("home.user_1-x"));
}

TEST_F(ReadConfiguration, VolumesGoByOneThing) {
    EXPECT_THAT(problems("[volume.a]\n"), ElementsAre(HasSubstr("by one of uuid, label and path")));
    EXPECT_THAT(problems("[volume.a]\nlabel = 'x'\npath = '/x'\n"), ElementsAre(HasSubstr("by one of")));
    EXPECT_THAT(problems("[volume.a]\nuuid = 'x'\n"), ElementsAre("2:8: x is no UUID"));
    EXPECT_THAT(problems("[volume.a]\nlabel = 'x'\nkey-file = '/k'\npassphrase-command = ['p']\n"),
                ElementsAre(HasSubstr("both a key-file and a passphrase-command")));
    EXPECT_THAT(problems("[volume.disk]\nlabel = 'x'\n[source.a]\npaths = ['/a']\nvolume = 'disc'\n"),
                ElementsAre("5:10: there is no [volume.disc] (Did you mean disk?)"));
}

TEST_F(ReadConfiguration, RefusesPathsThatMeanNothingCertain) {
    for (const auto* path : {"", "../a", "/a/../b", "~user/x"})
        EXPECT_THAT(problems(std::string("[source.a]\npaths = ['") + path + "', '/fine']\n"), SizeIs(1)) << path;
    const auto reading = read({.path = main_file(), .home = ""});
    EXPECT_THAT(reading.problems, SizeIs(1));
}

TEST_F(ReadConfiguration, SourcesOfOneVolumeDoNotOverlap) {
    EXPECT_THAT(problems("[source.a]\npaths = ['/a']\n[source.b]\npaths = ['/a/b']\n"),
                ElementsAre("3:9: /a/b overlaps /a of [source.a] on the same volume"));
    EXPECT_THAT(problems("[source.a]\npaths = ['/a', '/a/']\n"), ElementsAre(HasSubstr("stands here twice")));
    EXPECT_THAT(problems("[source.a]\npaths = ['/a']\n[source.b]\npaths = ['/ab']\n"), IsEmpty());
    EXPECT_THAT(problems("[volume.x]\nlabel='x'\n[volume.y]\nlabel='y'\n[source.a]\npaths=['/a']\nvolume='x'\n"
                         "[source.b]\npaths=['/a/b']\nvolume='y'\n"),
                IsEmpty());
}

TEST_F(ReadConfiguration, IncludesFilesInOrder) {
    std::filesystem::create_directory(folder / "conf.d");
    test::write_file(folder / "conf.d/20.toml", "[source.late]\npaths = ['/late']\n");
    test::write_file(folder / "conf.d/10.toml", "[source.early]\npaths = ['/early']\nvolume = 'usb'\n");
    test::write_file(folder / "conf.d/.hidden.toml", "nonsense");
    test::write_file(folder / "conf.d/10.toml~", "nonsense");
    const auto reading = read_text("include = ['conf.d/*.toml']\n[volume.usb]\nlabel = 'usb'\n");
    EXPECT_THAT(reading.problems, IsEmpty());
    ASSERT_THAT(reading.configuration.sources, SizeIs(2));
    EXPECT_EQ(reading.configuration.sources[0].name, "early");
    ASSERT_THAT(reading.files, SizeIs(3));
    EXPECT_EQ(reading.files[1].path, folder / "conf.d/10.toml");
    EXPECT_EQ(reading.files[2].content, "[source.late]\npaths = ['/late']\n");
}

TEST_F(ReadConfiguration, SaysWhatIsWrongWithIncludedFiles) {
    std::filesystem::create_directory(folder / "conf.d");
    test::write_file(folder / "conf.d/a.toml",
                     "include = 'x'\n[defaults]\ntags = 'x'\n[source.main]\npaths = '/else'\n");
    const auto reading = read_text(
        "include = ['conf.d/*.toml', 'missing.toml', 'nowhere/*.toml']\n[defaults]\n[source.main]\npaths = '/a'\n");
    std::vector<std::string> messages;
    for (const auto& problem : reading.problems) messages.push_back(problem.message);
    EXPECT_THAT(messages, ElementsAre("a file that is included cannot include others", HasSubstr("[defaults] stand in"),
                                      HasSubstr("[source.main] stands in"), HasSubstr("missing.toml")));
}

TEST_F(ReadConfiguration, AMissingFileIsNothingUnlessItWasNamed) {
    EXPECT_THAT(read({.path = main_file(), .home = ""}).files, IsEmpty());
    EXPECT_THROW(read_again(), Error);
}

TEST_F(ReadConfiguration, BoundsWhatItReads) {
    test::write_file(main_file(), std::string(257 * 1024, '#'));
    EXPECT_THROW(read_again(), Error);
    std::string deep;
    while (deep.size() < 60 * 1024) deep += "a.";
    EXPECT_THAT(problems(deep + "a = 1\n"), ElementsAre("1:34: this key has too many parts"));
    EXPECT_THAT(problems("a = [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n"),
                ElementsAre(HasSubstr("nested too deeply")));
    EXPECT_THAT(problems("a = " + std::string(30000, '[') + "\n"), SizeIs(1));
    test::write_file(folder / "many.toml", "");
    std::string includes = "include = [";
    for (int i = 0; i < 200; ++i) includes += "'many.toml', ";
    EXPECT_THAT(problems(includes + "]\n"), ElementsAre(HasSubstr("more than 100 files")));
}

TEST_F(ReadConfiguration, UnderstandsHooks) {
    const auto reading = read_text(
        "[defaults]\nbefore = ['sync']\nafter = ['a']\nhook-timeout = '10m'\n"
        "[source.a]\npaths = '/a'\nbefore = [['x', '-y'], ['z']]\non-failure = ['f']\n");
    EXPECT_THAT(reading.problems, IsEmpty());
    const auto& hooks = reading.configuration.sources.at(0).hooks;
    ASSERT_THAT(hooks.before, SizeIs(2)) << "own ones replace those of the defaults";
    EXPECT_THAT(hooks.before[0].words, ElementsAre("x", "-y"));
    EXPECT_THAT(hooks.before[1].words, ElementsAre("z"));
    EXPECT_EQ(hooks.before[1].origin.line, 7u);
    ASSERT_THAT(hooks.after, SizeIs(1));
    EXPECT_THAT(hooks.on_failure.at(0).words, ElementsAre("f"));
    EXPECT_EQ(hooks.time, std::chrono::minutes(10));
    for (const auto* wrong : {"before = 'sync -x'", "before = []", "before = [[]]", "before = [['a'], 'b']",
                              "before = [1]", "before = ['']", "hook-timeout = 'long'", "hook-timeout = '0s'",
                              "hook-timeout = '9999999999h'", "hook-timeout = '99999999999999999999s'"})
        EXPECT_THAT(problems(std::string("[source.a]\npaths = '/a'\n") + wrong + "\n"), SizeIs(1)) << wrong;
}

TEST_F(ReadConfiguration, UnderstandsHowASourceIsRead) {
    const auto configuration =
        read_text(
            "[defaults]\nsnapshot = 'btrfs'\nsqlite = true\n[source.a]\npaths = '/a'\n[source.b]\npaths = '/b'\n"
            "snapshot = 'never'\nsqlite = false\n")
            .configuration;
    EXPECT_EQ(configuration.sources.at(0).snapshot, SourceSnapshot::btrfs);
    EXPECT_TRUE(configuration.sources.at(0).sqlite_online);
    EXPECT_EQ(configuration.sources.at(1).snapshot, SourceSnapshot::never);
    EXPECT_FALSE(configuration.sources.at(1).sqlite_online);
    const auto thin = read_text("[source.a]\npaths = '/a'\nsnapshot = 'lvm'\n").configuration;
    EXPECT_EQ(thin.sources.at(0).snapshot, SourceSnapshot::lvm);
    EXPECT_THAT(problems("[source.a]\npaths = '/a'\nsnapshot = 'zfs'\n"),
                ElementsAre("3:12: snapshot cannot be zfs (It is \"auto\", \"btrfs\", \"lvm\" or \"never\".)"));
}

TEST_F(ReadConfiguration, UnderstandsMailboxes) {
    const auto reading = read_text(
        "[defaults]\nexclude = ['*.iso']\nsqlite = true\ntags = 't'\n[source.work]\nurl = 'imaps://a@b'\n"
        "password-command = ['pass', 'work']\nca-file = 'ca.pem'\nfolders = ['INBOX']\nexclude-folders = 'Trash'\n"
        "connections = 3\ndaily-limit = '2500M'\n");
    EXPECT_THAT(reading.problems, IsEmpty());
    ASSERT_THAT(reading.configuration.sources, SizeIs(1));
    const auto& source = reading.configuration.sources.front();
    ASSERT_TRUE(source.mailbox);
    EXPECT_EQ(source.mailbox->url, "imaps://a@b");
    EXPECT_THAT(source.mailbox->password_command, ElementsAre("pass", "work"));
    EXPECT_TRUE(source.mailbox->ca_file.ends_with("/ca.pem"));
    EXPECT_THAT(source.mailbox->folders, ElementsAre("INBOX"));
    EXPECT_THAT(source.mailbox->exclude_folders, ElementsAre("Trash"));
    EXPECT_EQ(source.mailbox->connections, 3U);
    EXPECT_EQ(source.mailbox->daily_limit, 2500 * kMiB);
    EXPECT_THAT(source.rules, IsEmpty());
    EXPECT_FALSE(source.sqlite_online);
    EXPECT_THAT(source.tags, ElementsAre("t"));
    EXPECT_THAT(problems("[source.a]\nurl = 'imaps://a@b'\nexclude = 'x'\n"),
                ElementsAre(HasSubstr("do not fit a mailbox")));
    EXPECT_THAT(problems("[source.a]\nurl = 'imaps://a@b'\npaths = '/x'\n"),
                ElementsAre(HasSubstr("both paths and a url")));
    EXPECT_THAT(problems("[source.a]\npaths = '/x'\nfolders = 'x'\n"), ElementsAre(HasSubstr("unknown key folders")));
    EXPECT_THAT(problems("[source.a]\nurl = 'imaps://a@b'\npassword-file = 'x'\ntoken-file = 'y'\n"),
                ElementsAre(HasSubstr("give one of password-file")));
    EXPECT_THAT(problems("[source.a]\nurl = 'imaps://a@b'\nconnections = 5\n"), ElementsAre(HasSubstr("is 1 to 4")));
}

TEST_F(ReadConfiguration, ARescuedOneIsMarkedUntilItIsConfirmed) {
    EXPECT_FALSE(are_programs_held_back(main_file()));
    hold_back_programs(main_file());
    EXPECT_TRUE(are_programs_held_back(main_file()));
    confirm_programs(main_file());
    confirm_programs(main_file());
    EXPECT_FALSE(are_programs_held_back(main_file()));
}

TEST_F(ReadConfiguration, SurvivesWhateverStandsThere) {
    std::mt19937 random(7);
    const std::string whole = kWhole;
    for (int round = 0; round < 1000; ++round) {
        auto text = whole;
        for (auto edits = 1 + random() % 8; edits > 0; --edits) {
            const auto at = random() % text.size();
            if (random() % 3 == 0)
                text.erase(at, random() % 20);
            else if (random() % 2 == 0)
                text.insert(at, text.substr(random() % text.size(), random() % 40));
            else
                text[at] = static_cast<char>(random());
            if (text.empty()) text = "x";
        }
        for (const auto& problem : read_text(text).problems) {
            EXPECT_LE(problem.origin.line, static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 2);
            const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
            EXPECT_TRUE(std::ranges::none_of(problem.message, is_control)) << problem.message;
        }
    }
}

}  // namespace
}  // namespace kist::config
