#include "cli/command_line.hpp"

#include "kist/base/error.hpp"

#include <iterator>
#include <sstream>

#include <gmock/gmock.h>

namespace kist::cli {
namespace {

using testing::HasSubstr;

Error refusal(const std::vector<std::string>& arguments) {
    try {
        parse_command_line(arguments);
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorCode::failed, "it was accepted");
}

std::vector<std::string> words_of(const std::string& name) {
    std::istringstream text(name);
    return {std::istream_iterator<std::string>(text), {}};
}

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheCommand) {
    for (const auto& arguments : {std::vector<std::string>{"--volume", "v", "--json", "--key-file=k", "-q", "list"},
                                  std::vector<std::string>{"list", "--volume=v", "--json", "--key-file", "k", "-q"}}) {
        const auto invocation = parse_command_line(arguments);
        EXPECT_NE(invocation.command, nullptr);
        EXPECT_EQ(invocation.options.volume, "v");
        EXPECT_EQ(invocation.options.key.file, "k");
        EXPECT_EQ(invocation.options.format, Format::json);
        EXPECT_EQ(invocation.options.verbosity, Verbosity::quiet);
    }
}

TEST(CommandLine, NamesTheNearestCommandAndOption) {
    EXPECT_THAT(refusal({"bakcup", "x"}).hint(), HasSubstr("backup"));
    EXPECT_THAT(refusal({"bakcup", "x"}).message(), HasSubstr("bakcup"));
    EXPECT_THAT(refusal({"restore", "latest", "--too", "x"}).hint(), HasSubstr("--to?"));
    EXPECT_THAT(refusal({"--jsno", "list"}).hint(), HasSubstr("--json"));
    EXPECT_THAT(refusal({"ls", "--jsno"}).hint(), HasSubstr("--json")) << "although an argument is missing too";
    EXPECT_THAT(refusal({"restore", "latest", "--too=x"}).message(), testing::Not(HasSubstr("=x")));
}

TEST(CommandLine, RefusesWithUsage) {
    for (const auto& arguments : {std::vector<std::string>{},
                                  {"frobnicate"},
                                  {"-x"},
                                  {"list", "-x"},
                                  {"ls"},
                                  {"ls", "a", "b"},
                                  {"cat"},
                                  {"--volume"},
                                  {"-q", "-v", "list"},
                                  {"--key-file", "a", "--passphrase-command", "b", "list"},
                                  {"restore"},
                                  {"prepare"},
                                  {"prepare", "x", "--iter-time", "soon"},
                                  {"prepare", "x", "--iter-time", "-3"},
                                  {"prepare", "x", "--pbkdf-force-iterations", "some"}})
        EXPECT_EQ(refusal(arguments).code(), ErrorCode::usage) << testing::PrintToString(arguments);
}

TEST(CommandLine, ShowsNoControlBytesOfWhatWasTyped) {
    const auto error = refusal({"\x1b[31mred"});
    EXPECT_THAT(error.message() + error.hint(), testing::Not(HasSubstr("\x1b")));
}

TEST(CommandLine, TakesSourcesNamedLikeCommands) {
    EXPECT_NE(parse_command_line({"backup", "status", "list"}).command, nullptr);
    EXPECT_NE(parse_command_line({"backup", "--", "--json"}).command, nullptr);
    EXPECT_EQ(parse_command_line({"backup", "--", "--json"}).options.format, Format::text);
}

TEST(CommandLine, HelpsWithEveryCommand) {
    EXPECT_THAT(parse_command_line({"--help"}).help, HasSubstr("Exit codes"));
    for (const auto& entry : command_table()) {
        auto words = words_of(entry.name);
        words.emplace_back("--help");
        const auto help = parse_command_line(words).help;
        EXPECT_THAT(help, HasSubstr(entry.summary));
        EXPECT_THAT(help, HasSubstr(std::string("kist ") + entry.name));
        EXPECT_THAT(help, HasSubstr("--key-file"));
        EXPECT_THAT(parse_command_line({"--help"}).help, HasSubstr(entry.summary));
    }
}

}  // namespace
}  // namespace kist::cli
