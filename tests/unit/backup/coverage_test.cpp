#include "kist/repository/coverage.hpp"

#include "kist/repository/check.hpp"

#include "backup_fixture.hpp"

namespace kist::backup {
namespace {

namespace fs = std::filesystem;
using test::write_file;

class Coverage : public Backup {
  protected:
    repository::CheckResult check_part(unsigned percent) {
        const auto repository = repository::Repository::open(volume(), {});
        repository::CheckOptions options;
        options.range = next_sample(read_coverage(repository), percent);
        auto result = check(repository, options);
        record_coverage(repository, options.range, Timestamp{std::chrono::hours{++hour_}});
        return result;
    }
    repository::Coverage coverage() const { return read_coverage(repository::Repository::open(volume(), {})); }
};

TEST_F(Coverage, SamplesReadEverythingInTurn) {
    constexpr std::uint64_t kFiles = 300;
    for (unsigned i = 0; i < kFiles; ++i) write_file(*this / std::to_string(i), "content " + std::to_string(i));
    run();
    for (unsigned i = 0; i < kFiles / 2; ++i) write_file(*this / std::to_string(i), "newer " + std::to_string(i));
    run();
    write_file(mirror() + "/7", "rotte 7");
    std::uint64_t files = 0;
    std::uint64_t contents = 0;
    std::uint64_t damage = 0;
    for (int part = 0; part < 4; ++part) {
        EXPECT_FALSE(coverage().completed) << part;
        const auto result = check_part(30);
        EXPECT_EQ(result.entries, kFiles + 1) << "every name is looked at each time";
        EXPECT_LT(result.files, kFiles / 2);
        files += result.files;
        contents += result.contents;
        damage += result.damage_count;
    }
    EXPECT_EQ(files, kFiles);
    EXPECT_EQ(contents, kFiles / 2);
    EXPECT_EQ(damage, 1U);
    ASSERT_TRUE(coverage().completed);
    EXPECT_EQ(*coverage().completed, Timestamp{std::chrono::hours{3}}) << "when the first part was begun";
    EXPECT_EQ(coverage().next, 0U);
}

TEST_F(Coverage, BeginsAnewWithoutItsFile) {
    write_file(*this / "file", "content");
    run();
    check_part(60);
    EXPECT_GT(coverage().next, 0U);
    write_file(volume() + "/.kist/coverage", "kist-coverage 1\nnext 999999\nbegun x\n");
    EXPECT_EQ(coverage().next, 0U);
    fs::remove(volume() + "/.kist/coverage");
    EXPECT_EQ(coverage().next, 0U);
    check_part(100);
    EXPECT_TRUE(coverage().completed);
}

TEST_F(Coverage, ARoundThatLostItsBeginCompletesNothing) {
    write_file(*this / "file", "content");
    run();
    const auto repository = repository::Repository::open(volume(), {});
    record_coverage(repository, {40'000, repository::HashRange::kAll}, Timestamp{});
    EXPECT_FALSE(coverage().completed);
}

}  // namespace
}  // namespace kist::backup
