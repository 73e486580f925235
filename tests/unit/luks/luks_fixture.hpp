#pragma once
// A small LUKS volume in a file, with keys that cost little to try.

#include "kist/base/error.hpp"
#include "kist/luks/header.hpp"
#include "kist/luks/keyslots.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::luks {

inline Secret key_of(const std::string& text) {
    return Secret::copy_of(os::as_bytes(text));
}

inline std::string text_of(const Secret& secret) {
    const auto bytes = secret.expose();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The code of the error that `action` throws. Throwing nothing fails the test.
template <typename Action>
ErrorCode code_of(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::failed;
}

class LuksFixture : public testing::Test {
  protected:
    LuksFixture() {
        const auto file = folder_.open().open_file_for_writing("disk", os::Create::exclusive);
        os::truncate(file.get(), 32 << 20, path_);
        test::write_file(folder_ / "key", "correct horse");
    }

    Header format() const {
        return Header::format(path_, {.uuid = uuid_, .label = "test", .kdf = kCheap}, volume_key_, key_);
    }
    Header format_luks1() const {
        cryptsetup({"luksFormat", "-q", "--type", "luks1", "--cipher", "aes-xts-plain64", "--key-size", "512",
                    "--pbkdf-force-iterations", "1000", path_, folder_ / "key"});
        return Header::load(path_);
    }
    Secret volume_key() const { return Header::load(path_).unlock(key_); }
    bool opens(const std::string& key) const {
        test::write_file(folder_ / "tried", key);
        return os::run({"cryptsetup", "open", "--test-passphrase", "--key-file", folder_ / "tried", path_}).status == 0;
    }
    static std::string cryptsetup(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "cryptsetup");
        const auto result = os::run(arguments);
        EXPECT_EQ(result.status, 0) << result.output;
        return result.output;
    }

    static constexpr KdfCost kCheap{.memory = 32 * kKiB, .iterations = 4};
    test::TemporaryDirectory folder_;
    std::string path_ = folder_ / "disk";
    Uuid uuid_ = random_uuid();
    Secret volume_key_ = random_volume_key();
    Secret key_ = key_of("correct horse");
};

}  // namespace kist::luks
