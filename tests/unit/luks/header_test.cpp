#include "kist/luks/header.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace kist::luks {
namespace {

constexpr std::uint64_t kSecondCopy = 16384;
const KdfCost kCheap{.memory = 32 * kKiB, .iterations = 4};

class HeaderTest : public testing::Test {
  protected:
    HeaderTest() : file_(folder_.open().open_file_for_writing("disk", os::Create::exclusive)) {
        os::truncate(file_.get(), 32 << 20, path_);
    }
    Header format() {
        return Header::format(path_, {.uuid = uuid_, .label = "test", .kdf = kCheap}, volume_key_, key_);
    }
    void flip(std::uint64_t offset) {
        std::array<std::byte, 1> byte{};
        os::read_at(file_.get(), offset, byte, path_);
        byte[0] ^= std::byte{1};
        os::write_at(file_.get(), offset, byte, path_);
    }
    ErrorCode code_of_load() {
        try {
            Header::load(path_);
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "loaded";
        return ErrorCode::failed;
    }
    std::string cryptsetup(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "cryptsetup");
        const auto result = os::run(arguments);
        EXPECT_EQ(result.status, 0) << result.output;
        return result.output;
    }

    test::TemporaryDirectory folder_;
    std::string path_ = folder_ / "disk";
    os::Fd file_;
    Uuid uuid_ = random_uuid();
    Secret volume_key_ = random_volume_key();
    Secret key_ = Secret::copy_of(os::as_bytes("correct horse"));
};

TEST_F(HeaderTest, IsWhatCryptsetupReads) {
    format();
    const auto dump = cryptsetup({"luksDump", path_});
    for (const auto* line : {"aes-xts-plain64", "sector: 4096 [bytes]", "argon2id", "Cipher key: 512 bits"})
        EXPECT_NE(dump.find(line), std::string::npos) << line << dump;
    EXPECT_NE(dump.find(to_string(uuid_)), std::string::npos);
    test::write_file(folder_ / "key", "correct horse");
    cryptsetup({"open", "--test-passphrase", "--key-file", folder_ / "key", path_});
}

TEST_F(HeaderTest, GivesTheVolumeKeyForTheKeyAndNothingForAnother) {
    format();
    const auto header = Header::load(path_);
    EXPECT_EQ(header.uuid(), uuid_);
    EXPECT_EQ(header.label(), "test");
    EXPECT_EQ(header.layout().sector_size, 4096U);
    EXPECT_EQ(header.layout().data_offset % 4096, 0U);
    const auto found = header.unlock(key_);
    EXPECT_TRUE(std::ranges::equal(found.expose(), volume_key_.expose()));
    const auto before = test::read_file(path_);
    for (const auto* wrong : {"correct horsf", "correct hors", ""}) try {
            header.unlock(Secret::copy_of(os::as_bytes(wrong)));
            FAIL() << wrong;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::no_key) << wrong;
        }
    EXPECT_EQ(test::read_file(path_), before);
}

TEST_F(HeaderTest, TellsDamageFromNoHeaderAtAll) {
    EXPECT_EQ(code_of_load(), ErrorCode::failed);
    format();
    flip(4096 + 100);
    flip(kSecondCopy + 4096 + 100);
    EXPECT_EQ(code_of_load(), ErrorCode::damaged);
}

TEST_F(HeaderTest, ErasedFirstCopyAndDamagedSecondIsDamage) {
    format();
    os::write_at(file_.get(), 0, std::vector<std::byte>(4096), path_);
    flip(kSecondCopy + 20);
    EXPECT_EQ(code_of_load(), ErrorCode::damaged);
}

TEST_F(HeaderTest, OneDamagedCopyIsRepairedFromTheOther) {
    for (const std::uint64_t copy : {std::uint64_t{0}, kSecondCopy}) {
        format();
        flip(copy + 4096 + 100);
        EXPECT_EQ(Header::load(path_).unlock(key_).size(), 64U);
    }
}

TEST_F(HeaderTest, RefusesOtherCiphers) {
    test::write_file(folder_ / "key", "k");
    for (const auto* cipher : {"aes-cbc-essiv:sha256", "serpent-xts-plain64", "aes-xts-plain", "cipher_null-ecb"}) {
        const std::string size = std::string_view(cipher).starts_with("cipher_null") ? "128" : "256";
        const auto result = os::run({"cryptsetup", "luksFormat", "-q", "--cipher", cipher, "--key-size", size,
                                     "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", path_, folder_ / "key"});
        if (result.status != 0) continue;  // not every build of cryptsetup still makes it
        EXPECT_EQ(code_of_load(), ErrorCode::failed) << cipher;
    }
}

TEST_F(HeaderTest, RefusesAnUnfinishedReencryption) {
    format();
    test::write_file(folder_ / "key", "correct horse");
    const auto result =
        os::run({"cryptsetup", "reencrypt", "-q", "--init-only", "--key-file", folder_ / "key", "--pbkdf", "argon2id",
                 "--pbkdf-force-iterations", "4", "--pbkdf-memory", "32", path_});
    if (result.status != 0) GTEST_SKIP() << "cryptsetup cannot begin a reencryption here: " << result.output;
    EXPECT_EQ(code_of_load(), ErrorCode::failed);
}

TEST_F(HeaderTest, TakesLuks1) {
    test::write_file(folder_ / "key", "correct horse");
    cryptsetup({"luksFormat", "-q", "--type", "luks1", "--cipher", "aes-xts-plain64", "--key-size", "512",
                "--pbkdf-force-iterations", "1000", path_, folder_ / "key"});
    const auto header = Header::load(path_);
    EXPECT_EQ(header.layout().sector_size, 512U);
    EXPECT_EQ(header.unlock(key_).size(), 64U);
}

}  // namespace
}  // namespace kist::luks
