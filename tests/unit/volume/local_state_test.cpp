#include "kist/volume/local_state.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/keyslots.hpp"
#include "kist/luks/tokens.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::volume {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LocalState everything() {
    LocalState state;
    state.pin = luks::HeaderPin{"aes-xts-plain64", 4096, 64, 16 << 20, std::string(64, 'a')};
    state.header_backup =
        HeaderBackup{"/media/a stick\\with\nlines", Timestamp(std::chrono::seconds(1'800'000'000)), {}};
    state.header_backup->fingerprint.bytes.fill(std::byte{0xe7});
    state.recovery_key = RecoveryKey{3, Timestamp(std::chrono::seconds(1'800'000'001))};
    return state;
}

TEST(LocalState, ComesBackAsItWas) {
    const auto state = everything();
    EXPECT_EQ(parse_local_state(serialize(state)), state);
    EXPECT_EQ(parse_local_state(""), LocalState{});
    LocalState only_pin;
    only_pin.pin = state.pin;
    EXPECT_EQ(parse_local_state(serialize(only_pin)), only_pin);
}

TEST(LocalState, LaterVersionsMayKnowMore) {
    EXPECT_EQ(parse_local_state("something new\n" + serialize(everything()) + "more of it\n"), everything());
}

TEST(LocalState, WhatIsCutShortIsNotTakenForNothing) {
    const auto text = serialize(everything());
    int understood = 0;
    for (std::size_t size = 1; size < text.size() - 1; ++size) {
        const auto found = parse_local_state(text.substr(0, size));
        if (found) {
            EXPECT_TRUE(found->pin) << "a cut file must never lose the pin alone: " << size;
            ++understood;
        }
    }
    EXPECT_LT(understood, 200);
    for (const auto* text_of_another_kind :
         {"x", "\n", "cipher\n", "garbage without sense", "cipher aes\nsector-size x\n"})
        EXPECT_EQ(parse_local_state(text_of_another_kind), std::nullopt) << text_of_another_kind;
}

TEST(LocalState, IsKeptInAFolderClosedToOthers) {
    const test::TemporaryDirectory folder;
    const auto state_folder = folder / "a/b/volumes";
    const auto uuid = random_uuid();
    EXPECT_EQ(read_local_state(state_folder, uuid), LocalState{});
    write_local_state(state_folder, uuid, everything());
    EXPECT_EQ(read_local_state(state_folder, uuid), everything());
    EXPECT_EQ(read_local_state(state_folder, random_uuid()), LocalState{});
    EXPECT_EQ(os::Directory::open(state_folder).own_status().mode, 0700U);
    EXPECT_EQ(os::Directory::open(state_folder).status(to_string(uuid)).mode, 0600U);
    test::write_file(state_folder + "/" + to_string(uuid), "nonsense");
    EXPECT_THROW(read_local_state(state_folder, uuid), Error);
}

class KnownVolume : public testing::Test {
  protected:
    KnownVolume() {
        os::truncate(folder_.open().open_file_for_writing("disk", os::Create::exclusive).get(), 32 << 20, path_);
    }
    luks::Header format() {
        return luks::Header::format(path_, {.uuid = uuid_, .label = "", .kdf = {.kind = luks::KdfKind::minimal}},
                                    volume_key_, Secret::copy_of(os::as_bytes("key")));
    }
    test::TemporaryDirectory folder_;
    std::string path_ = folder_ / "disk";
    Uuid uuid_ = random_uuid();
    Secret volume_key_ = luks::random_volume_key();
};

TEST_F(KnownVolume, IsRefusedOnceItsHeaderClaimsSomethingElse) {
    LocalState state;
    require_pinned(state, format());
    state.pin = luks::pin_of(luks::Header::load(path_));
    require_pinned(state, luks::Header::load(path_));
    volume_key_ = luks::random_volume_key();
    try {
        require_pinned(state, format());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::damaged);
        EXPECT_THAT(error.message(), HasSubstr("another volume key"));
        EXPECT_THAT(error.hint(), HasSubstr("--accept-header"));
    }
}

TEST_F(KnownVolume, WarnsUntilThereAreARecoveryKeyAndACurrentBackup) {
    const auto header = format();
    LocalState state;
    EXPECT_THAT(lockout_risks(state, header, "disk"), ElementsAre(HasSubstr("recovery key"), HasSubstr("no backup")));
    luks::mark_as_recovery(header, 0);
    state.header_backup = HeaderBackup{"/x", {}, luks::metadata_fingerprint(header)};
    EXPECT_THAT(lockout_risks(state, header, "disk"), IsEmpty());
    luks::add_key(header, volume_key_, Secret::copy_of(os::as_bytes("2")), {.kind = luks::KdfKind::minimal});
    EXPECT_THAT(lockout_risks(state, header, "disk"), ElementsAre(HasSubstr("have changed since")));
    luks::remove_keyslot(header, 0);
    EXPECT_THAT(lockout_risks(state, header, "disk"), ElementsAre(HasSubstr("recovery"), HasSubstr("changed")));
    state.recovery_key = RecoveryKey{1, {}};
    EXPECT_THAT(lockout_risks(state, header, "disk"), ElementsAre(HasSubstr("changed")));
}

}  // namespace
}  // namespace kist::volume
