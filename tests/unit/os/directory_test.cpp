#include "kist/os/directory.hpp"

#include "kist/base/error.hpp"

#include "temporary_directory.hpp"

#include <cerrno>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::os {
namespace {

using test::TemporaryDirectory;

TEST(Directory, NeverFollowsASymlinkBelowItself) {
    const TemporaryDirectory root;
    const TemporaryDirectory outside;
    ASSERT_EQ(symlink(outside.path().c_str(), (root / "link").c_str()), 0);
    const auto directory = root.open();
    EXPECT_EQ(directory.find_directory("link"), std::nullopt);
    EXPECT_EQ(directory.find_file("link"), std::nullopt);
    EXPECT_EQ(directory.find_below("link/x"), std::nullopt);
    EXPECT_EQ(directory.status("link").type, FileType::symlink);
    EXPECT_EQ(directory.read_link("link"), outside.path());
}

TEST(Directory, RefusesDotDot) {
    const TemporaryDirectory root;
    root.open().create_directory("a");
    EXPECT_THROW(root.open().find_below("a/../../etc"), Error);
    EXPECT_THROW(root.open().find_below(".."), Error);
}

TEST(Directory, RenameNeverReplaces) {
    const TemporaryDirectory root;
    test::write_file(root / "a", "a");
    test::write_file(root / "b", "b");
    const auto directory = root.open();
    try {
        directory.rename("a", directory, "b");
        FAIL() << "replaced";
    } catch (const Error& error) {
        EXPECT_EQ(error.error_number(), EEXIST);
    }
    EXPECT_EQ(test::read_file(root / "b"), "b");
    directory.rename_replacing("a", directory, "b");
    EXPECT_EQ(test::read_file(root / "b"), "a");
}

TEST(Directory, ListsNamesOfAnyBytesAndPathsBeyondPathMax) {
    const TemporaryDirectory root;
    auto directory = root.open();
    std::string path;
    for (int depth = 0; depth < 30; ++depth) {
        directory = directory.create_directory(std::string(200, 'd'));
        path.append(200, 'd').append("/");
    }
    const std::string name = "new\nline\xff\x01";
    directory.open_file_for_writing(name, Create::exclusive);
    const auto entries = root.open().open_below(path).entries();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].name, name);
    root.open().remove_tree(std::string(200, 'd'));
    EXPECT_TRUE(root.open().entries().empty());
}

TEST(Directory, RemoveTreeTakesAnythingAndAbsenceIsSuccess) {
    const TemporaryDirectory root;
    const auto directory = root.open();
    const auto inner = directory.create_directory("d");
    inner.create_symlink("l", "/nowhere");
    inner.create_node("f", FileType::fifo, 0);
    inner.create_directory("e");
    directory.remove_tree("d");
    directory.remove_tree("d");
    EXPECT_TRUE(directory.entries().empty());
}

TEST(Directory, OpeningAFifoDoesNotBlock) {
    const TemporaryDirectory root;
    const auto directory = root.open();
    directory.create_node("fifo", FileType::fifo, 0);
    const auto fd = directory.open_file("fifo");
    EXPECT_EQ(status_of(fd.get()).type, FileType::fifo);
}

TEST(Printable, ShowsControlBytesAndInvalidUtf8) {
    EXPECT_EQ(printable("grün €.txt"), "grün €.txt");
    EXPECT_EQ(printable("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
    EXPECT_EQ(printable("back\\slash"), "back\\\\slash");
    EXPECT_EQ(printable("\xc3"), "\\xc3");
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");
    EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

}  // namespace
}  // namespace kist::os
