#include "repository/redo_log.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace kist::repository {
namespace {

using test::read_file;
using test::write_file;

// What a patch does to a file of at most this size, in memory.
class Image : public PatchSink {
  public:
    explicit Image(std::string content, std::uint64_t size) : content_(std::move(content)) { content_.resize(size); }

    void write(std::uint64_t offset, std::span<const std::byte> data) override {
        ASSERT_LE(offset + data.size(), content_.size());
        std::ranges::copy(data, std::as_writable_bytes(std::span(content_)).subspan(offset).begin());
    }
    void clear(std::uint64_t offset, std::uint64_t length) override {
        ASSERT_LE(offset + length, content_.size());
        std::fill_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), length, '\0');
    }

    const std::string& content() const { return content_; }

  private:
    std::string content_;
};

class RedoLogTest : public testing::Test {
  protected:
    RedoLogTest() {
        const auto folder = os::Directory::open(top_.path());
        RedoLogWriter log(folder.open_file_for_writing("log", os::Create::exclusive), "log", target());
        log.write(3, os::as_bytes("new"));
        log.clear(10, 5);
        log.write(18, os::as_bytes("end"));
        log.finish();
    }

    static PatchTarget target() {
        PatchTarget target{7, 21, true, {}};
        target.content.bytes[0] = std::byte{42};
        return target;
    }
    RedoLog open() const { return {os::Directory::open(top_.path()).open_file("log"), "log"}; }
    std::string bytes() const { return read_file(top_ / "log"); }
    void replace(const std::string& bytes) const { write_file(top_ / "log", bytes); }

    test::TemporaryDirectory top_;
    const std::string old_ = "0123456789abcdefghi";
    const std::string new_{"012new6789\0\0\0\0\0fghend", 21};
};

TEST_F(RedoLogTest, MakesTheNewVersionHoweverOftenItIsBegun) {
    const auto log = open();
    EXPECT_EQ(log.target().inode, 7U);
    EXPECT_EQ(log.target().size, 21U);
    EXPECT_TRUE(log.target().with_holes);
    EXPECT_EQ(log.target().content, target().content);
    Image image(old_, 21);
    log.carry_out(image);
    EXPECT_EQ(image.content(), new_);
    log.carry_out(image);
    EXPECT_EQ(image.content(), new_);
}

TEST_F(RedoLogTest, PatchesAPlainFile) {
    write_file(top_ / "file", old_);
    carry_out_patch(open(), os::Directory::open(top_.path()), "file");
    EXPECT_EQ(read_file(top_ / "file"), new_);
}

TEST_F(RedoLogTest, PatchesNothingElse) {
    const auto folder = os::Directory::open(top_.path());
    folder.create_node("fifo", os::FileType::fifo, 0);
    EXPECT_THROW(carry_out_patch(open(), folder, "fifo"), Error);
    write_file(top_ / "file", old_);
    folder.create_symlink("link", "file");
    EXPECT_THROW(carry_out_patch(open(), folder, "link"), Error);
    EXPECT_EQ(read_file(top_ / "file"), old_);
}

TEST_F(RedoLogTest, IsADeltaToo) {
    const auto log = open();
    const auto delta = log.as_delta(old_.size());
    EXPECT_EQ(delta.script.target_size, 21U);
    std::string made;
    delta::for_each_piece(
        delta.script, [&](const delta::Copy& copy) { made += old_.substr(copy.source, copy.length); },
        [&](std::uint64_t offset, std::uint64_t length) {
            std::string literal(length, '?');
            delta.literals(offset, std::as_writable_bytes(std::span(literal)));
            made += literal;
        });
    EXPECT_EQ(made, new_);
    EXPECT_THROW(log.as_delta(4), Error);  // it does not say what stands behind the old version's end
}

TEST_F(RedoLogTest, IsWholeOrNone) {
    const auto whole = bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        replace(whole.substr(0, size));
        EXPECT_THROW(open(), Error) << size;
    }
}

// On a hostile disk a log may hold anything: it is refused, or stays within the file's size.
TEST_F(RedoLogTest, AnyBytesAreRefusedOrStayWithinBounds) {
    const auto whole = bytes();
    std::mt19937_64 generator(1);
    std::map<bool, int> results;
    for (int round = 0; round < 2'000; ++round) {
        auto mutated = whole;
        for (auto left = 1 + generator() % 3; left > 0; --left)
            mutated[generator() % mutated.size()] = static_cast<char>(generator());
        replace(mutated);
        try {
            const auto log = open();
            const auto size = log.target().size;
            if (size <= 1U << 16U) {
                Image image(old_, size);
                log.carry_out(image);
            }
            ++results[true];
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::damaged);
            ++results[false];
        }
    }
    EXPECT_GT(results[true], 0);
    EXPECT_GT(results[false], 0);
}

}  // namespace
}  // namespace kist::repository
