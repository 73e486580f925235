#include "cli/key_input.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "cli/split_words.hpp"
#include "temporary_directory.hpp"

#include <array>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

namespace kist::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string text_of(const Secret& secret) {
    return {reinterpret_cast<const char*>(secret.expose().data()), secret.size()};
}

// Standard input, for as long as this lives.
class StandardInput {
  public:
    explicit StandardInput(int fd) : saved_(dup(STDIN_FILENO)) { dup2(fd, STDIN_FILENO); }
    ~StandardInput() { dup2(saved_.get(), STDIN_FILENO); }

  private:
    os::Fd saved_;
};

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) throw std::runtime_error("pipe");
        read_end.reset(ends[0]);
        write_end.reset(ends[1]);
    }
    os::Fd read_end;
    os::Fd write_end;
};

TEST(ReadKey, TakesAllBytesOfAFile) {
    const test::TemporaryDirectory folder;
    const std::string key("pass\nphrase\0\xff\n", 14);
    test::write_file(folder / "key", key);
    EXPECT_EQ(text_of(read_key({folder / "key", ""}, KeyPurpose::protect, "x")), key);
}

TEST(ReadKey, TakesAllBytesOfStandardInput) {
    Pipe pipe;
    const StandardInput input(pipe.read_end.get());
    os::write_all(pipe.write_end.get(), os::as_bytes("one\ntwo\n"), "pipe");
    pipe.write_end.reset();
    EXPECT_EQ(text_of(read_key({"-", ""}, KeyPurpose::unlock, "x")), "one\ntwo\n");
}

TEST(ReadKey, TakesUpToEightMebibytes) {
    const test::TemporaryDirectory folder;
    test::write_file(folder / "most", std::string(kLargestKey, 'k'));
    test::write_file(folder / "more", std::string(kLargestKey + 1, 'k'));
    EXPECT_EQ(read_key({folder / "most", ""}, KeyPurpose::unlock, "x").size(), kLargestKey);
    EXPECT_THROW(read_key({folder / "more", ""}, KeyPurpose::unlock, "x"), Error);
    EXPECT_THROW(read_key({"/dev/zero", ""}, KeyPurpose::unlock, "x"), Error);
}

TEST(ReadKey, RefusesAnEmptyNewKey) {
    EXPECT_EQ(read_key({"/dev/null", ""}, KeyPurpose::unlock, "x").size(), 0u);
    EXPECT_THROW(read_key({"/dev/null", ""}, KeyPurpose::protect, "x"), Error);
}

TEST(ReadKey, NamesAMissingFile) {
    try {
        read_key({"/nowhere/key", ""}, KeyPurpose::unlock, "x");
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), HasSubstr("/nowhere/key"));
    }
}

TEST(ReadKey, TakesTheFirstLineOfACommand) {
    EXPECT_EQ(text_of(read_key({"", "printf 'a b\\nsecond line\\n'"}, KeyPurpose::unlock, "x")), "a b");
    EXPECT_EQ(text_of(read_key({"", "printf %s 'no newline'"}, KeyPurpose::unlock, "x")), "no newline");
    EXPECT_EQ(text_of(read_key({"", "echo $HOME;ls"}, KeyPurpose::unlock, "x")), "$HOME;ls") << "no shell";
}

TEST(ReadKey, AcceptsNothingFromACommandThatFails) {
    EXPECT_THROW(read_key({"", "sh -c 'echo key; exit 3'"}, KeyPurpose::unlock, "x"), Error);
    EXPECT_THROW(read_key({"", "no-such-program-anywhere"}, KeyPurpose::unlock, "x"), Error);
    EXPECT_EQ(read_key({"", "sh -c 'echo key; seq 1 100000'"}, KeyPurpose::unlock, "x").size(), 3u)
        << "a talkative one has not failed";
}

TEST(ReadKey, NeverWaitsWithoutATerminal) {
    const os::Fd null(open("/dev/null", O_RDONLY));
    const StandardInput input(null.get());
    try {
        read_key({}, KeyPurpose::unlock, "disk.kist");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::usage);
        EXPECT_THAT(error.message(), HasSubstr("disk.kist"));
        EXPECT_THAT(error.hint(), HasSubstr("--key-file"));
    }
}

class Terminal {
  public:
    Terminal() {
        int master = -1;
        int slave = -1;
        if (openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) throw std::runtime_error("openpty");
        master_.reset(master);
        slave_.reset(slave);
    }
    int slave() const { return slave_.get(); }
    bool echoes() const {
        termios settings{};
        tcgetattr(slave_.get(), &settings);
        return (settings.c_lflag & ECHO) != 0;
    }
    // What somebody types as soon as the terminal does not show it.
    void type_when_silent(const std::string& text) const {
        while (echoes()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        os::write_all(master_.get(), os::as_bytes(text), "terminal");
    }
    std::string shown() const {
        std::array<std::byte, 1000> buffer{};
        const auto got = os::read_some(master_.get(), buffer, "terminal");
        return {reinterpret_cast<const char*>(buffer.data()), got};
    }

  private:
    os::Fd master_;
    os::Fd slave_;
};

TEST(ReadKey, AsksATerminalWithoutEcho) {
    const Terminal terminal;
    const StandardInput input(terminal.slave());
    std::jthread person([&] { terminal.type_when_silent("open sesame\n"); });
    EXPECT_EQ(text_of(read_key({}, KeyPurpose::unlock, "disk.kist")), "open sesame");
    EXPECT_TRUE(terminal.echoes()) << "left silent";
    EXPECT_EQ(terminal.shown(), "\r\n") << "only the end of the line is echoed";
}

TEST(SplitWords, QuotesLikeAShellAndExpandsNothing) {
    EXPECT_THAT(split_words("pass show  kist", "test"), ElementsAre("pass", "show", "kist"));
    EXPECT_THAT(split_words(R"(a 'b c' "d \" e" f\ g '' $H `x` *)", "test"),
                ElementsAre("a", "b c", "d \" e", "f g", "", "$H", "`x`", "*"));
    EXPECT_THAT(split_words("'a'\"b\"c", "test"), ElementsAre("abc"));
    for (const char* bad : {"", "  ", "'open", "\"open", "a\\"}) EXPECT_THROW(split_words(bad, "test"), Error);
}

}  // namespace
}  // namespace kist::cli
