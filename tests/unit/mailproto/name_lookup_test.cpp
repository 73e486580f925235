#include "mailproto/name_lookup.hpp"

#include "kist/base/error.hpp"

#include <gtest/gtest.h>

namespace kist::mailproto {
namespace {

SocketAddress address(const char* text) {
    return look_up(text, 25, std::chrono::steady_clock::now() + std::chrono::seconds(30), nullptr).at(0);
}

TEST(NameLookup, KnowsPrivateNetworks) {
    for (const auto* text : {"127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                             "169.254.1.1", "::1", "fe80::1", "fd00::1", "::ffff:192.168.1.1"})
        EXPECT_TRUE(is_private(address(text))) << text;
    for (const auto* text : {"8.8.8.8", "172.15.255.255", "172.32.0.0", "192.169.0.1", "11.0.0.1", "2001:db8::1",
                             "::ffff:8.8.8.8", "0.0.0.0"})
        EXPECT_FALSE(is_private(address(text))) << text;
    EXPECT_EQ(numeric_host(address("127.0.0.1")), "127.0.0.1");
}

TEST(NameLookup, WaitsForNobodyWhenInterrupted) {
    const std::atomic<bool> interrupted{true};
    try {
        look_up("host.invalid", 25, std::chrono::steady_clock::now() + std::chrono::seconds(30), &interrupted);
        ADD_FAILURE() << "it exists";
    } catch (const Error& error) {
        EXPECT_NE(error.code(), ErrorCode::usage) << error.message();
    }
}

}  // namespace
}  // namespace kist::mailproto
