#include "kist/luks/keyslots.hpp"

#include "luks/effort.hpp"
#include "luks_fixture.hpp"

#include <array>
#include <cstdint>
#include <span>

#include <endian.h>

namespace kist::luks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class KeyslotsTest : public LuksFixture {
  protected:
    static std::vector<int> numbers(const Header& header) {
        std::vector<int> found;
        for (const auto& slot : keyslots(header)) found.push_back(slot.number);
        return found;
    }
};

TEST_F(KeyslotsTest, ListsWhatCryptsetupMade) {
    format();
    cryptsetup({"luksAddKey", "-q", "--key-file", folder_ / "key", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
                "1234", "--key-slot", "5", path_, folder_ / "key"});
    cryptsetup({"config", "--priority", "prefer", "--key-slot", "5", path_});
    const auto slots = keyslots(Header::load(path_));
    ASSERT_EQ(slots.size(), 2U);
    EXPECT_EQ(slots[0].kdf.name, "argon2id");
    EXPECT_EQ(slots[0].kdf.memory.value, 32U * 1024);
    EXPECT_EQ(slots[0].kdf.passes, 4U);
    EXPECT_EQ(slots[1].number, 5);
    EXPECT_EQ(slots[1].kdf.name, "pbkdf2");
    EXPECT_EQ(slots[1].kdf.passes, 1234U);
    EXPECT_EQ(slots[1].priority, KeyslotPriority::preferred);
}

TEST_F(KeyslotsTest, AddedKeysOpenTheVolumeForCryptsetup) {
    const auto header = format();
    EXPECT_EQ(add_key(header, volume_key_, key_of("second"), kCheap), 1);
    EXPECT_TRUE(opens("second"));
    EXPECT_TRUE(opens("correct horse"));
    const auto found = try_key(Header::load(path_), key_of("second"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->keyslot, 1);
    EXPECT_TRUE(std::ranges::equal(found->volume_key.expose(), volume_key_.expose()));
    EXPECT_FALSE(try_key(header, key_of("third")));
    EXPECT_FALSE(try_key(header, key_of("second"), {.except = 1}));
}

TEST_F(KeyslotsTest, ForeignVolumeKeyIsRefused) {
    const auto header = format();
    EXPECT_EQ(code_of([&] { add_key(header, random_volume_key(), key_of("second"), kCheap); }), ErrorCode::no_key);
    EXPECT_THAT(numbers(header), ElementsAre(0));
}

TEST_F(KeyslotsTest, AreThirtyTwoAndThenFull) {
    const auto header = format();
    for (int slot = 1; slot < 32; ++slot)
        EXPECT_EQ(add_key(header, volume_key_, key_of(std::to_string(slot)), {.kind = KdfKind::minimal}), slot);
    EXPECT_EQ(code_of([&] { add_key(header, volume_key_, key_of("more"), kCheap); }), ErrorCode::failed);
    EXPECT_TRUE(opens("31"));
}

TEST_F(KeyslotsTest, AreEightInLuks1) {
    const auto header = format_luks1();
    const auto volume_key = this->volume_key();
    for (int slot = 1; slot < 8; ++slot)
        EXPECT_EQ(add_key(header, volume_key, key_of(std::to_string(slot)), kCheap), slot);
    EXPECT_EQ(code_of([&] { add_key(header, volume_key, key_of("more"), kCheap); }), ErrorCode::failed);
    EXPECT_TRUE(opens("7"));
    remove_keyslot(header, 3);
    EXPECT_FALSE(opens("3"));
    EXPECT_TRUE(opens("4"));
    EXPECT_EQ(keyslots(header)[0].kdf.name, "pbkdf2");
}

TEST_F(KeyslotsTest, TheLastIsNeverRemoved) {
    const auto header = format();
    EXPECT_EQ(code_of([&] { remove_keyslot(header, 0); }), ErrorCode::usage);
    EXPECT_EQ(code_of([&] { remove_keyslot(header, 7); }), ErrorCode::not_found);
    EXPECT_EQ(code_of([&] { remove_keyslot(header, 99); }), ErrorCode::not_found);
    add_key(header, volume_key_, key_of("second"), kCheap);
    remove_keyslot(header, 0);
    EXPECT_EQ(code_of([&] { remove_keyslot(header, 1); }), ErrorCode::usage);
    EXPECT_TRUE(opens("second"));
    EXPECT_FALSE(opens("correct horse"));
}

TEST_F(KeyslotsTest, UnboundSlotsCountForNothing) {
    format();
    cryptsetup({"luksAddKey", "-q", "--unbound", "--key-size", "512", "--key-file", folder_ / "key", "--pbkdf",
                "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-slot", "1", path_, folder_ / "key"});
    const auto header = Header::load(path_);
    EXPECT_EQ(keyslots(header).at(1).state, KeyslotState::unbound);
    EXPECT_EQ(code_of([&] { remove_keyslot(header, 0); }), ErrorCode::usage);
    EXPECT_FALSE(try_key(header, key_, {.except = 0}));
}

TEST_F(KeyslotsTest, ReplacedKeyMovesToANewSlotAndTheOldOneIsGone) {
    const auto header = format();
    cryptsetup({"config", "--priority", "prefer", "--key-slot", "0", path_});
    const auto fresh = Header::load(path_);
    const auto old = try_key(fresh, key_);
    ASSERT_TRUE(old);
    const int slot = replace_key(fresh, *old, key_of("new"), kCheap);
    EXPECT_TRUE(opens("new"));
    EXPECT_FALSE(opens("correct horse"));
    const auto slots = keyslots(fresh);
    ASSERT_EQ(slots.size(), 1U);
    EXPECT_EQ(slots[0].number, slot);
    EXPECT_EQ(slots[0].priority, KeyslotPriority::preferred);
}

TEST_F(KeyslotsTest, CostlySlotsAreLeftOutAndNamed) {
    const auto header = format();
    add_key(header, volume_key_, key_of("cheap"), {.kind = KdfKind::minimal});
    const KeyslotChoice choice{.most_memory = 16 * kKiB};
    EXPECT_TRUE(try_key(header, key_of("cheap"), choice));
    try {
        try_key(header, key_, choice);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::failed);
        EXPECT_THAT(error.message(), HasSubstr("slot 0"));
    }
}

TEST_F(KeyslotsTest, TokensThatLeadNowhereGoWithTheSlot) {
    const auto header = format();
    add_key(header, volume_key_, key_of("second"), kCheap);
    for (const auto* slots : {R"(["1"])", R"(["0","1"])"}) {
        test::write_file(folder_ / "token", std::string(R"({"type":"test","keyslots":)") + slots + "}");
        cryptsetup({"token", "import", "--json-file", folder_ / "token", path_});
    }
    const auto fresh = Header::load(path_);
    EXPECT_THAT(keyslots(fresh).at(1).tokens, ElementsAre("test", "test"));
    remove_keyslot(fresh, 1);
    EXPECT_THAT(keyslots(fresh).at(0).tokens, ElementsAre("test"));
    const auto dump = cryptsetup({"luksDump", path_});
    EXPECT_THAT(dump, HasSubstr("1: test"));
    EXPECT_EQ(dump.find("0: test"), std::string::npos) << dump;
}

// LUKS1 has no checksum: its numbers, big-endian, are what the disk says they are.
class Luks1NumbersTest : public KeyslotsTest {
  protected:
    Luks1NumbersTest() {
        const auto header = format_luks1();
        add_key(header, header.unlock(key_), key_of("second"), {.kind = KdfKind::minimal});
    }

    void set_number(std::uint64_t place, std::uint32_t number) const {
        const std::array<std::uint32_t, 1> bytes{htobe32(number)};
        const auto file = folder_.open().open_file_for_writing("disk", os::Create::no);
        os::write_at(file.get(), place, std::as_bytes(std::span(bytes)), path_);
    }

    static constexpr std::uint64_t kDigestPasses = 164;
    static constexpr std::uint64_t kFirstSlotPasses = 212;
};

TEST_F(Luks1NumbersTest, SlotThatCannotBeTriedDoesNotHideAnother) {
    for (const std::uint32_t passes : {0U, 100'000'001U, 0xffffffffU}) {
        set_number(kFirstSlotPasses, passes);
        const auto found = try_key(Header::load(path_), key_of("second"));
        ASSERT_TRUE(found) << passes;
        EXPECT_EQ(found->keyslot, 1);
        EXPECT_EQ(code_of([&] { try_key(Header::load(path_), key_); }), ErrorCode::damaged) << passes;
    }
}

TEST_F(Luks1NumbersTest, DigestThatWouldTakeHoursIsDamaged) {
    set_number(kDigestPasses, 100'000'001);
    EXPECT_EQ(code_of([&] { Header::load(path_); }), ErrorCode::damaged);
    set_number(kDigestPasses, 0);
    EXPECT_EQ(code_of([&] { Header::load(path_).unlock(key_); }), ErrorCode::damaged);
}

TEST(Effort, IsBoundedForArgon2ByMemoryAndPassesTogether) {
    const auto slot_of = [](std::uint32_t passes, ByteCount memory) {
        Keyslot slot;
        slot.kdf = {.name = "argon2id", .passes = passes, .memory = memory, .threads = 4};
        return slot;
    };
    require_bearable(slot_of(4, 4 * kGiB), "disk");
    require_bearable(slot_of(256, 1 * kGiB), "disk");
    EXPECT_EQ(code_of([&] { require_bearable(slot_of(257, 1 * kGiB), "disk"); }), ErrorCode::damaged);
    EXPECT_EQ(code_of([&] { require_bearable(slot_of(0xffffffff, 32 * kKiB), "disk"); }), ErrorCode::damaged);
}

}  // namespace
}  // namespace kist::luks
