#include "cli/exit_code.hpp"

#include <map>

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

TEST(ExitCode, EveryErrorHasTheDocumentedOne) {
    const std::map<ErrorCode, int> documented{
        {ErrorCode::failed, 1}, {ErrorCode::usage, 2},     {ErrorCode::damaged, 4},  {ErrorCode::no_key, 5},
        {ErrorCode::busy, 6},   {ErrorCode::not_found, 7}, {ErrorCode::no_space, 8}, {ErrorCode::interrupted, 130},
    };
    ASSERT_EQ(documented.size(), static_cast<std::size_t>(ErrorCode::interrupted) + 1) << "a code is not in the table";
    for (const auto& [code, expected] : documented) EXPECT_EQ(static_cast<int>(exit_code(code)), expected);
}

}  // namespace
}  // namespace kist::cli
