#include "cli/muttrc_reading.hpp"

#include "kist/base/error.hpp"

#include "cli/mutt_statement.hpp"

#include <filesystem>
#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> words(std::string_view text, const MuttStatement::Variables& variables = {}) {
    const MuttStatement statement(text, variables);
    std::vector<std::string> all;
    for (const auto& word : statement.words())
        all.push_back(word.is_command ? "`" + std::string(word.text) : std::string(word.text));
    return all;
}

TEST(MuttStatement, TakesQuotesBackslashesAndVariables) {
    EXPECT_THAT(words("set a = \"x y\" # set b=c\nset d=e"), ElementsAre("set", "a", "=", "x y"));
    EXPECT_THAT(words(R"(set a='$no \n' b=a\ b; set c)"), ElementsAre("set", R"(a=$no \n)", "b=a b"));
    EXPECT_THAT(words("set a=$x/${y}z$none", {{"x", "1"}, {"y", "2"}}), ElementsAre("set", "a=1/2z"));
    EXPECT_THAT(words("set p=`pass show 'a b'` q=\"`x`\""), ElementsAre("set", "`p=pass show 'a b'", "`q=x"));
    EXPECT_THAT(words("set a=1 \\\n b=2\nc"), ElementsAre("set", "a=1", "b=2"));
    EXPECT_THAT(words("set a=\"no end\nset b"), ElementsAre("set", "a=no end\nset b"));
    EXPECT_THAT(words("a#b"), ElementsAre("a#b"));
    EXPECT_THAT(words("# only"), IsEmpty());
}

TEST(MuttStatement, GoesOnWhateverTheBytesAre) {
    std::mt19937 generator(1);
    const std::string alphabet = "set source`'\"\\\n;#$={}~x|\t\x01\xff";
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (std::size_t size = generator() % 200; text.size() < size;) text += alphabet[generator() % alphabet.size()];
        std::string_view rest = text;
        while (!rest.empty()) {
            const MuttStatement statement(rest, {{"x", std::string(100, 'v')}});
            ASSERT_GT(statement.length(), 0U);
            ASSERT_LE(statement.length(), rest.size());
            rest.remove_prefix(statement.length());
        }
    }
}

class ReadMuttrc : public ::testing::Test {
  public:
    ReadMuttrc() { std::filesystem::create_directories(folder_); }
    ~ReadMuttrc() override { std::filesystem::remove_all(folder_); }

  protected:
    void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
    MuttReading read(const std::string& text) const {
        write("muttrc", text);
        return read_muttrc(folder_ / "muttrc", folder_);
    }
    static std::string password_of(const MuttAccount& account) {
        if (!account.password) return "none";
        const auto bytes = account.password->expose();
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("kist-muttrc-test." + std::to_string(getpid()));
};

TEST_F(ReadMuttrc, FindsAnAccountInPlainSettings) {
    const auto reading = read(
        "set folder=imaps://mail.example.org/\nset spoolfile=+INBOX\nset imap_user='anna@example.org'\n"
        "set imap_pass=\"b4ttery $taple\\\"\"\nset record=+Sent\nbind index g noop\ncolor normal white black\n");
    ASSERT_THAT(reading.accounts, SizeIs(1));
    EXPECT_EQ(mailproto::to_text(reading.accounts[0].url), "imaps://anna@example.org@mail.example.org");
    EXPECT_EQ(password_of(reading.accounts[0]), "b4ttery \"");  // $taple is no variable
    EXPECT_THAT(reading.notes, IsEmpty());
}

TEST_F(ReadMuttrc, TakesCommandsAndSourcedFiles) {
    write("secrets", "set imap_pass = `pass show mail`\n");
    const auto reading =
        read("source ~/secrets\nsource \"gpg -d x |\"\nsource missing\nset folder=imap://bert@h.example\n");
    ASSERT_THAT(reading.accounts, SizeIs(1));
    EXPECT_EQ(reading.accounts[0].password_command, "pass show mail");
    EXPECT_THAT(reading.notes, Contains(HasSubstr("muttrc:2: a program's output is not taken in")));
    EXPECT_THAT(reading.notes, Contains(HasSubstr("muttrc:3: ")));
}

TEST_F(ReadMuttrc, TakesSeveralAccountsByHooks) {
    const auto reading = read(
        "account-hook one|two 'unset imap_user; unset imap_pass'\n"
        "account-hook imaps://one.example/ 'set imap_user=a imap_pass=pa'\n"
        "account-hook imaps://two.example/ \"set imap_user=b imap_pass='p b'\"\n"
        "set folder=imaps://one.example/\nmailboxes imaps://two.example/INBOX imaps://one.example/Lists\n"
        "folder-hook imaps://three.example 'set folder=imaps://c@three.example imap_pass=pc'\n");
    ASSERT_THAT(reading.accounts, SizeIs(3));
    EXPECT_EQ(password_of(reading.accounts[0]), "pa");
    EXPECT_EQ(reading.accounts[1].url.user, "b");
    EXPECT_EQ(password_of(reading.accounts[1]), "p b");
    EXPECT_EQ(reading.accounts[2].url.user, "c");
    EXPECT_EQ(password_of(reading.accounts[2]), "pc");
}

TEST_F(ReadMuttrc, TakesPop) {
    const auto reading = read("set pop_host=pops://mail.example.org\nset pop_user=dora pop_pass=x\n");
    ASSERT_THAT(reading.accounts, SizeIs(1));
    EXPECT_EQ(mailproto::to_text(reading.accounts[0].url), "pop3s://dora@mail.example.org");
}

TEST_F(ReadMuttrc, HasBounds) {
    EXPECT_THAT(read("source muttrc\n").notes, Contains(HasSubstr("too many files")));
    EXPECT_THAT(read("source muttrc\nsource muttrc\n").notes, SizeIs(::testing::Le(201U)));
    EXPECT_THROW(read(std::string((1U << 20U) + 1, 'x')), Error);
    EXPECT_THAT(read("set folder=imaps://host.example\n").notes, Contains(HasSubstr("has no user")));
    EXPECT_THAT(read("set folder=imaps://a:b@host.example\n").accounts, IsEmpty());  // a password in the URL
    EXPECT_THAT(read("account-hook '[' 'set imap_user=x'\nset folder=imaps://h.example\n").accounts, IsEmpty());
    EXPECT_THROW(read_muttrc(folder_ / "absent", "/"), Error);
}

}  // namespace
}  // namespace kist::cli
