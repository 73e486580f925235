#include "kist/luks/recovery_key.hpp"

#include "luks_fixture.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace kist::luks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string fresh() {
    return text_of(random_recovery_key());
}

// Eight letters of cbdefghijklnrtuv, eight times, with hyphens between.
bool is_eight_groups_of_modhex(const std::string& text) {
    if (text.size() != 8 * 9 - 1) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view wanted = i % 9 == 8 ? "-" : "cbdefghijklnrtuv";
        if (wanted.find(text[i]) == std::string_view::npos) return false;
    }
    return true;
}

TEST(RecoveryKey, HasTheFormOfSystemdsAndIsNeverTheSame) {
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const auto key = random_recovery_key();
        EXPECT_TRUE(is_eight_groups_of_modhex(text_of(key))) << text_of(key);
        EXPECT_THAT(wrong_groups(key), IsEmpty());
        seen.insert(text_of(key));
    }
    EXPECT_EQ(seen.size(), 200U);
}

TEST(RecoveryKey, UsesEveryLetterAboutAsOften) {
    std::map<char, int> count;
    for (int i = 0; i < 500; ++i)
        for (const char c : fresh()) ++count[c];
    count.erase('-');
    EXPECT_EQ(count.size(), 16U);
    for (const auto& [letter, times] : count) EXPECT_NEAR(times, 2000, 300) << letter;
}

TEST(RecoveryKey, IsTakenHoweverItIsTyped) {
    const auto key = fresh();
    auto loud = key;
    std::ranges::transform(loud, loud.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    auto joined = key;
    std::erase(joined, '-');
    auto blanks = key;
    std::ranges::replace(blanks, '-', ' ');
    auto confused = key;
    std::ranges::replace(confused, 'l', '1');
    std::ranges::replace(confused, 'g', '9');
    for (const auto& typed : {key, loud, joined, blanks, "  " + key + " ", confused}) {
        const auto found = normalize_recovery_key(key_of(typed));
        ASSERT_TRUE(found) << typed;
        EXPECT_EQ(text_of(*found), key);
    }
}

TEST(RecoveryKey, OtherFormsAreNone) {
    const auto key = fresh();
    for (const auto& typed : {std::string(), std::string("correct horse"), key.substr(1), key + "c",
                              "a" + key.substr(1), std::string(71, '-')})
        EXPECT_FALSE(normalize_recovery_key(key_of(typed))) << typed;
}

TEST(RecoveryKey, AnyWrongLetterNamesItsGroup) {
    const auto key = fresh();
    for (std::size_t at = 0; at < key.size(); ++at) {
        if (key[at] == '-') continue;
        for (const char letter : std::string("cbdefghijklnrtuv")) {
            auto wrong = key;
            wrong[at] = letter;
            if (letter != key[at]) {
                EXPECT_THAT(wrong_groups(key_of(wrong)), ElementsAre(static_cast<int>(at / 9) + 1)) << wrong;
            }
        }
    }
}

TEST(RecoveryKey, SwappedLettersAndSwappedGroupsAreFound) {
    const auto key = fresh();
    for (std::size_t a = 0; a < 8; ++a)
        for (std::size_t b = a + 1; b < 8; ++b) {
            auto wrong = key;
            std::swap(wrong[a], wrong[b]);
            if (wrong != key) {
                EXPECT_THAT(wrong_groups(key_of(wrong)), ElementsAre(1)) << wrong;
            }
        }
    const auto swapped = key.substr(9, 9) + key.substr(0, 9) + key.substr(18);
    EXPECT_THAT(wrong_groups(key_of(swapped)), ElementsAre(1, 2));
}

class RecoveryKeyOnDisk : public LuksFixture {};

TEST_F(RecoveryKeyOnDisk, IsThePassphraseThatCryptsetupTakes) {
    const auto header = format();
    const auto key = random_recovery_key();
    add_key(header, volume_key_, key, {.kind = KdfKind::minimal});
    EXPECT_TRUE(opens(text_of(key)));
    EXPECT_EQ(keyslots(header).at(1).kdf.name, "pbkdf2");
}

}  // namespace
}  // namespace kist::luks
