#include "kist/luks/header_pin.hpp"

#include "luks/json_text.hpp"
#include "luks_fixture.hpp"

namespace kist::luks {
namespace {

using testing::HasSubstr;

class HeaderPinTest : public LuksFixture {};

TEST_F(HeaderPinTest, OutlivesKeyChangesButTheFingerprintDoesNot) {
    for (const bool first_version : {false, true}) {
        const auto header = first_version ? format_luks1() : format();
        const auto pin = pin_of(header);
        const auto fingerprint = metadata_fingerprint(header);
        EXPECT_EQ(pin.cipher, "aes-xts-plain64");
        EXPECT_EQ(metadata_fingerprint(Header::load(path_)), fingerprint);
        add_key(header, volume_key(), key_of("second"), kCheap);
        remove_keyslot(header, 0);
        EXPECT_EQ(difference(pin, pin_of(Header::load(path_))), "");
        EXPECT_NE(metadata_fingerprint(Header::load(path_)), fingerprint);
    }
}

TEST_F(HeaderPinTest, TellsAVolumeOfTheSameUuidWithAnotherKey) {
    const auto pin = pin_of(format());
    volume_key_ = random_volume_key();
    EXPECT_THAT(difference(pin, pin_of(format())), HasSubstr("another volume key"));
}

TEST_F(HeaderPinTest, TellsWhichValueChanged) {
    const auto pin = pin_of(format());
    auto other = pin;
    other.sector_size = 512;
    other.cipher = "cipher_null\n";
    const auto text = difference(pin, other);
    EXPECT_THAT(text, HasSubstr("sector size was 4096 and is 512"));
    EXPECT_THAT(text, HasSubstr("cipher_null\\x0a"));
}

TEST(JsonText, FindsMembersAmongStringsAndNesting) {
    const auto* const text = R"({ "a" : {"b":"}\"]", "c":[1,{"d":2}] } , "e\"f":"x,y","n":-1.5e3 , "z":{} })";
    EXPECT_EQ(json_member(text, "a"), R"({"b":"}\"]", "c":[1,{"d":2}] })");
    EXPECT_EQ(json_member(json_member(text, "a"), "c"), R"([1,{"d":2}])");
    EXPECT_EQ(json_member(text, R"(e\"f)"), R"("x,y")");
    EXPECT_EQ(json_member(text, "n"), "-1.5e3");
    EXPECT_TRUE(json_members(json_member(text, "z")).empty());
    EXPECT_EQ(json_member(text, "missing"), "");
}

TEST(JsonText, RefusesWhatDoesNotHoldTogether) {
    for (const auto* text : {"", "{", "[]", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":\"x", "{\"a\":1", "{\"a\" 1}",
                             "{\"a\":\"\\", "{\"a\":{\"b\":1}"})
        EXPECT_THROW(json_members(text), Error) << text;
}

}  // namespace
}  // namespace kist::luks
