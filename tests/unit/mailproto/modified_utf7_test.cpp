#include "kist/mailproto/modified_utf7.hpp"

#include <random>

#include <gtest/gtest.h>

using namespace kist::mailproto;

TEST(ModifiedUtf7, GoesBothWays) {
    for (const auto& [raw, text] : std::initializer_list<std::pair<const char*, const char*>>{
             {"INBOX", "INBOX"},
             {"~peter/mail/&ZeVnLIqe-/&U,BTFw-", "~peter/mail/日本語/台北"},  // RFC 3501, 5.1.3
             {"A&-B", "A&B"},
             {"Entw&APw-rfe", "Entwürfe"},
             {"&2D3cqQ-", "💩"},
             {"&AAk-", "\t"},
             {"", ""}}) {
        EXPECT_EQ(decode_modified_utf7(raw), text) << raw;
        EXPECT_EQ(encode_modified_utf7(text), raw) << text;
    }
}

TEST(ModifiedUtf7, RefusesWhatHasAnotherForm) {
    for (const auto* wrong : {"&", "a&b", "&AGE-", "&AAAA-", "&U,BTFw-&ZeVnLIqe-", "&2D0-", "&3Kk-", "&!-", "&AP-",
                              "&APx-", "\xc3\xbc", "\t"})
        EXPECT_FALSE(decode_modified_utf7(wrong)) << wrong;
    for (const auto* wrong : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xc3", "\xf5\x80\x80\x80"})
        EXPECT_FALSE(encode_modified_utf7(wrong));
}

TEST(ModifiedUtf7, WhatDecodesEncodesToTheSame) {
    std::mt19937 random(7);
    constexpr std::string_view kLetters = "&-ABcz09+,/ ~AAAA&&--";
    int decoded = 0;
    for (int round = 0; round < 100'000; ++round) {
        std::string name;
        for (auto left = random() % 10; left > 0; --left) name += kLetters[random() % kLetters.size()];
        const auto text = decode_modified_utf7(name);
        if (!text) continue;
        ++decoded;
        EXPECT_EQ(encode_modified_utf7(*text), name);
    }
    EXPECT_GT(decoded, 1000);
}
