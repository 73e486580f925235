#include "kist/delta/patch.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "random_deltas.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

namespace kist::delta {
namespace {

TEST(Patch, RefusesAForeignBasis) {
    test::Random random(1);
    auto basis = random.bytes(1000);
    const Script script{1000, 500, {{0, 100, 500}}};
    const test::Bytes target(basis.begin() + 100, basis.begin() + 600);
    EXPECT_EQ(test::patched({script, {}}, basis, content_hash(target)), target);
    basis[300] ^= std::byte{1};
    EXPECT_THROW(test::patched({script, {}}, basis, content_hash(target)), Error);
}

TEST(Patch, ABasisThatBecameShorterIsAnError) {
    const os::Fd file(memfd_create("basis", MFD_CLOEXEC));
    os::truncate(file.get(), 100, "basis");
    const Script script{101, 101, {{0, 0, 101}}};
    EXPECT_THROW(patch(Delta{script, {}}, read_file(file.get(), "basis"), {}, [](auto) {}), Error);
}

TEST(Patch, CopiesFromBeyondFourGibibytes) {
    constexpr std::uint64_t kFar = (5ULL << 30U) + 12'345;
    const os::Fd file(memfd_create("basis", MFD_CLOEXEC));
    const auto word = os::as_bytes("behind the holes");
    os::write_at(file.get(), kFar, word, "basis");
    const Script script{kFar + word.size(), 10 + word.size(), {{0, kFar - 10, 10 + word.size()}}};
    test::Bytes target(10);
    target.insert(target.end(), word.begin(), word.end());
    const auto stream = test::encoded({script, {}});
    test::Bytes result;
    patch(test::decoded(stream, script), read_file(file.get(), "basis"), content_hash(target),
          [&](std::span<const std::byte> bytes) { result.insert(result.end(), bytes.begin(), bytes.end()); });
    EXPECT_EQ(result, target);
}

}  // namespace
}  // namespace kist::delta
