#include "kist/luks/tokens.hpp"

#include "luks_fixture.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <libcryptsetup.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kist::luks {
namespace {

using testing::HasSubstr;

// What the handler below answers.
std::string token_key;
int token_result = 0;

int give_key(crypt_device*, int, char** buffer, std::size_t* size, void*) {
    if (token_result != 0) return token_result;
    *buffer = static_cast<char*>(std::malloc(token_key.size()));
    std::memcpy(*buffer, token_key.data(), token_key.size());
    *size = token_key.size();
    return 0;
}

void free_key(void* buffer, std::size_t) {
    std::free(buffer);
}

class TokensTest : public LuksFixture {
  protected:
    static void SetUpTestSuite() {
        static const crypt_token_handler kHandler{"kist-test", give_key, free_key, nullptr, nullptr};
        ASSERT_EQ(crypt_token_register(&kHandler), 0);
    }
    void SetUp() override {
        token_key = "correct horse";
        token_result = 0;
    }
    Header with_token(const std::string& type, const std::string& more = "") {
        format();
        test::write_file(folder_ / "token", R"({"type":")" + type + R"(","keyslots":["0"])" + more + "}");
        cryptsetup({"token", "import", "--json-file", folder_ / "token", path_});
        return Header::load(path_);
    }
};

TEST_F(TokensTest, GiveTheVolumeKey) {
    const auto header = with_token("kist-test");
    EXPECT_TRUE(has_unlocking_token(header));
    const auto attempt = unlock_by_token(header);
    ASSERT_TRUE(attempt.unlocked) << attempt.trouble;
    EXPECT_EQ(attempt.unlocked->keyslot, 0);
    EXPECT_TRUE(std::ranges::equal(attempt.unlocked->volume_key.expose(), volume_key_.expose()));
}

TEST_F(TokensTest, FailuresAreToldAndThrowNothing) {
    const auto header = with_token("kist-test");
    token_key = "stale";
    EXPECT_THAT(unlock_by_token(header).trouble, HasSubstr("fits no slot"));
    token_result = -EAGAIN;
    EXPECT_THAT(unlock_by_token(header).trouble, HasSubstr("plugged in"));
    token_result = -ENOANO;
    const auto attempt = unlock_by_token(header);
    EXPECT_TRUE(attempt.needs_pin);
    EXPECT_FALSE(attempt.unlocked);
}

TEST_F(TokensTest, OfUnknownTypesAreOfNoUse) {
    const auto header = with_token("nobody-knows");
    EXPECT_TRUE(has_unlocking_token(header));
    EXPECT_FALSE(unlock_by_token(header).unlocked);
}

TEST_F(TokensTest, RecoveryMarkIsTheOneOfSystemdAndUnlocksNothing) {
    const auto header = format();
    EXPECT_FALSE(has_unlocking_token(header));
    EXPECT_TRUE(mark_as_recovery(header, 0));
    EXPECT_FALSE(has_unlocking_token(header));
    EXPECT_THAT(cryptsetup({"luksDump", path_}), HasSubstr("systemd-recovery"));
    EXPECT_EQ(keyslots(header).at(0).tokens, std::vector<std::string>{"systemd-recovery"});
}

TEST_F(TokensTest, Luks1HasNone) {
    const auto header = format_luks1();
    EXPECT_FALSE(has_unlocking_token(header));
    EXPECT_FALSE(mark_as_recovery(header, 0));
}

TEST_F(TokensTest, KernelKeyringOpensByItsBuiltInToken) {
    const std::string key = "correct horse";
    if (syscall(SYS_add_key, "user", "kist:test", key.data(), key.size(), KEY_SPEC_PROCESS_KEYRING) < 0)
        GTEST_SKIP() << "no keyring may be written here: " << std::strerror(errno);
    const auto header = with_token("luks2-keyring", R"(,"key_description":"kist:test")");
    const auto attempt = unlock_by_token(header);
    ASSERT_TRUE(attempt.unlocked) << attempt.trouble;
    EXPECT_EQ(attempt.unlocked->keyslot, 0);
}

}  // namespace
}  // namespace kist::luks
