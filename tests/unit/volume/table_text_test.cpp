#include "volume/table_text.hpp"

#include "volume/boot_lines.hpp"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::volume {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Uuid kFirst = *parse_uuid("11111111-2222-4333-8444-555555555555");
const Uuid kSecond = *parse_uuid("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");

TableText crypttab(std::string_view text) {
    return {text, is_crypttab_line_of};
}

std::string line_of(const Uuid& luks, const std::string& key = "none") {
    return "kist-" + to_string(luks) + " UUID=" + to_string(luks) + " " + key + " luks";
}

// Tables as people and programs leave them: comments, blank lines, tabs, odd spacing, lines that lack their newline.
std::string random_table(std::mt19937& random) {
    static const std::vector<std::string> kPieces = {
        "# /etc/crypttab: static information",
        "",
        "   \t ",
        "sda2_crypt UUID=0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b none luks,discard",
        "\tswap\t/dev/sdb2   /dev/urandom   swap,cipher=aes-xts-plain64",
        "   # indented comment with \xff\xfe bytes",
        "# kist boot not-a-uuid",
        "# kist boot " + to_string(kSecond) + " (Kist wrote the next line)",
        line_of(kSecond),
        line_of(kFirst),
        "/dev/sda1\t/\text4\terrors=remount-ro\t0\t1\r",
        "tmpfs /with\\040space tmpfs defaults 0 0",
        std::string("a\0b", 3),
    };
    std::string text;
    const auto lines = random() % 12;
    for (unsigned i = 0; i < lines; ++i) text += kPieces[random() % kPieces.size()] + "\n";
    if (random() % 3 == 0 && !text.empty()) text.pop_back();
    return text;
}

TEST(TableText, KeepsEveryByteOfWhatItReads) {
    std::mt19937 random(1);
    for (int i = 0; i < 500; ++i) {
        const auto text = random_table(random);
        EXPECT_EQ(crypttab(text).text(), text);
    }
}

TEST(TableText, PutAndRemoveGiveTheSameBytesAgain) {
    std::mt19937 random(2);
    for (int i = 0; i < 1000; ++i) {
        const auto text = random_table(random);
        auto table = crypttab(text);
        table.put(kFirst, line_of(kFirst));
        auto again = crypttab(table.text());
        ASSERT_EQ(again.find(kFirst), line_of(kFirst)) << text;
        again.remove(kFirst);
        ASSERT_EQ(again.text(), text);
    }
}

TEST(TableText, SecondPutOfTheSameChangesNothing) {
    std::mt19937 random(3);
    for (int i = 0; i < 500; ++i) {
        auto table = crypttab(random_table(random));
        table.put(kFirst, line_of(kFirst));
        auto again = crypttab(table.text());
        again.put(kFirst, line_of(kFirst));
        ASSERT_EQ(again.text(), table.text());
    }
}

TEST(TableText, VolumesDoNotDisturbEachOther) {
    std::mt19937 random(4);
    for (int i = 0; i < 500; ++i) {
        auto table = crypttab(random_table(random));
        table.remove(kSecond);
        const auto text = table.text();
        table = crypttab(text);
        table.put(kFirst, line_of(kFirst));
        table = crypttab(table.text());
        table.put(kSecond, line_of(kSecond));
        table = crypttab(table.text());
        table.remove(kFirst);
        ASSERT_EQ(table.find(kSecond), line_of(kSecond));
        table.remove(kSecond);
        ASSERT_EQ(table.text(), text);
    }
}

TEST(TableText, ChangesItsLineWhereItStands) {
    auto table = crypttab("one a b c\n");
    table.put(kFirst, line_of(kFirst));
    const auto before = table.text();
    auto longer = crypttab(before + "two a b c\n");
    longer.put(kFirst, line_of(kFirst, "/etc/key"));
    EXPECT_TRUE(longer.text().starts_with("one a b c\n# kist boot "));
    EXPECT_TRUE(longer.text().ends_with(line_of(kFirst, "/etc/key") + "\ntwo a b c\n"));
}

TEST(TableText, LineWithoutMarkIsSomebodyElses) {
    auto table = crypttab(line_of(kFirst) + "\n");
    EXPECT_EQ(table.find(kFirst), std::nullopt);
    EXPECT_THAT(table.volumes(), IsEmpty());
    EXPECT_THAT(table.foreign_lines(), ElementsAre(line_of(kFirst)));
    table.remove(kFirst);
    EXPECT_EQ(table.text(), line_of(kFirst) + "\n");
}

TEST(TableText, MarkOfALineThatIsGoneIsTakenAwayAlone) {
    auto made = crypttab("");
    made.put(kFirst, line_of(kFirst));
    const auto mark = made.text().substr(0, made.text().find('\n') + 1);
    auto table = crypttab("a b\n" + mark + "c d\n");
    EXPECT_THAT(table.volumes(), ElementsAre(kFirst));
    EXPECT_EQ(table.find(kFirst), std::nullopt);
    table.remove(kFirst);
    EXPECT_EQ(table.text(), "a b\nc d\n");
}

TEST(TableText, OptionsThatSomebodyEditedAreStillKists) {
    auto table = crypttab("");
    table.put(kFirst, line_of(kFirst));
    auto edited = table.text();
    edited.replace(edited.rfind("luks"), 4, "luks,discard");
    EXPECT_EQ(crypttab(edited).find(kFirst), line_of(kFirst) + ",discard");
}

TEST(TableText, NewTableIsUsedUpWithItsLastEntry) {
    auto table = TableText::make_new(is_crypttab_line_of);
    EXPECT_TRUE(table.is_used_up());
    table.put(kFirst, line_of(kFirst));
    table.put(kSecond, line_of(kSecond));
    auto read = crypttab(table.text());
    read.remove(kFirst);
    EXPECT_FALSE(read.is_used_up());
    read.remove(kSecond);
    EXPECT_TRUE(read.is_used_up());
    EXPECT_FALSE(crypttab("").is_used_up());
}

TEST(TableFields, AreSeparatedByBlanksAndAbsentInComments) {
    EXPECT_THAT(table_fields("\ta  b\tc#d \n"), ElementsAre("a", "b", "c#d"));
    EXPECT_THAT(table_fields("  # a b"), IsEmpty());
    EXPECT_THAT(table_fields("\n"), IsEmpty());
    EXPECT_THAT(table_fields(""), IsEmpty());
}

TEST(TableFields, EscapesComeBack) {
    for (const std::string text : {"/mnt/a b", "/tab\there", "/new\nline", "/back\\slash", "/back\\040slash", "#hash",
                                   "/a#b", "/umlaut-\xc3\xa4", "/\\", "/\\0", "/\\400"}) {
        const auto field = escape_table_field(text);
        EXPECT_EQ(field.find_first_of(" \t\n"), std::string::npos) << field;
        EXPECT_NE(field.front(), '#');
        EXPECT_EQ(unescape_table_field(field), text);
    }
    EXPECT_EQ(escape_table_field("/mnt/a b"), "/mnt/a\\040b");
}

}  // namespace
}  // namespace kist::volume
