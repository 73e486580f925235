#include "kist/os/child.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <array>

#include <gtest/gtest.h>
#include <sys/mman.h>

namespace kist::os {
namespace {

std::string read_all(int fd) {
    std::string text;
    std::array<std::byte, 100> buffer{};
    while (const auto got = read_some(fd, buffer, "pipe"))
        text.append(reinterpret_cast<const char*>(buffer.data()), got);
    return text;
}

TEST(Child, HasItsInputAndOutput) {
    auto in = make_pipe();
    auto out = make_pipe();
    Child child({"tr", "a-z", "A-Z"}, {in.read_end.get(), out.write_end.get()});
    in.read_end.reset();
    out.write_end.reset();
    write_all(in.write_end.get(), as_bytes("text"), "pipe");
    in.write_end.reset();  // it has no copy of it, and sees the end
    EXPECT_EQ(read_all(out.read_end.get()), "TEXT");
    EXPECT_EQ(child.wait(), 0);
}

TEST(Child, GetsOtherFilesInTheirOrder) {
    const Fd first(memfd_create("a", MFD_CLOEXEC));
    const Fd second(memfd_create("b", MFD_CLOEXEC));
    write_at(first.get(), 0, as_bytes("one "), "a");
    write_at(second.get(), 0, as_bytes("two"), "b");
    auto out = make_pipe();
    Child child({"cat", "/dev/fd/4", "/dev/fd/3"}, {-1, out.write_end.get(), {second.get(), first.get()}});
    out.write_end.reset();
    EXPECT_EQ(read_all(out.read_end.get()), "one two");
}

TEST(Child, TellsHowItEnded) {
    EXPECT_EQ(Child({"false"}, {}).wait(), 1);
    EXPECT_THROW(Child({"no-such-program-anywhere"}, {}), Error);
}

}  // namespace
}  // namespace kist::os
