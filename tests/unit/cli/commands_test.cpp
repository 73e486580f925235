// Whole commands, in this process, on a repository in a plain folder: no volume, no rights needed.

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/repository/repository.hpp"

#include "cli/command_line.hpp"
#include "cli/json_names.hpp"
#include "temporary_directory.hpp"

#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>

namespace kist::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Commands : public testing::Test {
  protected:
    Commands() {
        std::filesystem::create_directories(volume());
        repository::Repository::create(volume(), {});
        std::filesystem::create_directories(source() + "/folder");
        test::write_file(source() + "/folder/file", "content\n");
        test::write_file(source() + "/new\nline", "x");
    }

    std::string volume() const { return folder / "volume"; }
    std::string source() const { return folder / "source"; }

    // What the command writes to standard output; its exit code is in code.
    std::string run(std::vector<std::string> words) {
        words.insert(words.begin(), {"--volume", volume()});
        const auto invocation = parse_command_line(words);
        const os::Fd file(open((folder / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
        const os::Fd null(open("/dev/null", O_WRONLY));
        Output output(file.get());
        Console console(null.get(), Verbosity::quiet);
        Context context{invocation.options, output, console, clock};
        code = invocation.command->run(context);
        output.flush();
        return test::read_file(folder / "out");
    }

    std::vector<Json> run_json(std::vector<std::string> words) {
        words.insert(words.begin(), "--json");
        std::istringstream lines(run(words));
        std::vector<Json> objects;
        for (std::string line; std::getline(lines, line);) objects.push_back(Json::parse(line));
        return objects;
    }

    test::TemporaryDirectory folder;
    FixedClock clock{Timestamp(1795162500s)};
    ExitCode code{};
};

TEST_F(Commands, BackUpShowAndRestore) {
    const auto backup = run_json({"backup", source()}).at(0);
    EXPECT_EQ(code, ExitCode::done);
    EXPECT_EQ(backup["snapshot"], 1);
    EXPECT_EQ(backup["new"], 4);
    EXPECT_EQ(backup["time"], "2026-11-20T08:15:00Z") << "the clock that was passed in";
    EXPECT_THAT(run({"list"}), HasSubstr(source()));
    EXPECT_EQ(run({"ls", "-R", "latest"}), "folder/\nfolder/file\nnew\\x0aline\n");
    EXPECT_EQ(run({"cat", "1:" + source() + "/folder/file"}), "content\n");
    run({"restore", "latest", "--to", folder / "restored"});
    EXPECT_EQ(code, ExitCode::done);
    EXPECT_EQ(test::read_file(folder / "restored/folder/file"), "content\n");
    EXPECT_TRUE(run_json({"check"}).at(0)["sound"]);
}

TEST_F(Commands, StatusIsHonest) {
    EXPECT_EQ(run_json({"status"}).at(0)["ok"], false) << "nothing has been backed up";
    EXPECT_EQ(code, ExitCode::incomplete);
    run({"backup", source()});
    EXPECT_EQ(run_json({"status"}).at(0)["ok"], true);
    EXPECT_EQ(code, ExitCode::done);
    clock = FixedClock(clock.now() + 8 * 24h);
    const auto status = run_json({"status"}).at(0);
    EXPECT_EQ(code, ExitCode::incomplete);
    EXPECT_EQ(status["sources"][0]["overdue"], true);
    EXPECT_EQ(status["warnings"].size(), 1u);
}

TEST_F(Commands, DamageIsNamedAndNotPassedOn) {
    run({"backup", source()});
    for (const auto& entry : std::filesystem::recursive_directory_iterator(volume() + "/latest"))
        if (entry.path().filename() == "file") test::write_file(entry.path(), "CONTENT\n");
    const auto lines = run_json({"check"});
    EXPECT_EQ(code, ExitCode::damaged);
    EXPECT_EQ(lines.at(0)["type"], "damage");
    EXPECT_EQ(lines.at(0)["concerned"][0]["path"], source() + "/folder/file");
    EXPECT_THROW(run({"cat", "1:" + source() + "/folder/file"}), Error);
    EXPECT_EQ(test::read_file(folder / "out"), "");
    EXPECT_EQ(run_json({"restore", "1", "--to", folder / "restored"}).at(0)["damaged"], 1);
    EXPECT_EQ(code, ExitCode::incomplete);
}

TEST_F(Commands, OneFailedSourceDoesNotStopTheOthers) {
    EXPECT_EQ(run_json({"backup", "--no-drill", folder / "missing", source()}).size(), 1u);
    EXPECT_EQ(code, ExitCode::failed);
    EXPECT_EQ(run_json({"list"}).size(), 1u);
}

TEST_F(Commands, AFolderIsNeitherOpenedNorClosed) {
    EXPECT_THROW(run({"close"}), Error);
    EXPECT_THROW(run({"restore", "latest"}), Error) << "nobody has confirmed it";
}

}  // namespace
}  // namespace kist::cli
