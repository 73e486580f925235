#include "repository/mirror_path.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "catalog_fixture.hpp"

#include <gtest/gtest.h>

namespace kist::repository {
namespace {

using test::CatalogFixture;

ErrorCode code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::failed;
}

TEST(MirrorHostFolder, EscapesOnlyWhatCannotBeAFolder) {
    EXPECT_EQ(mirror_host_folder("laptop.example.org"), "laptop.example.org");
    EXPECT_EQ(mirror_host_folder("büro"), "büro");
    EXPECT_EQ(mirror_host_folder("."), "%2E");
    EXPECT_EQ(mirror_host_folder(".."), "%2E.");
    EXPECT_EQ(mirror_host_folder("a/b"), "a%2Fb");
    EXPECT_EQ(mirror_host_folder("100%"), "100%25");
    EXPECT_EQ(mirror_host_folder(std::string_view("a\0\n\x7f", 4)), "a%00%0A%7F");
    EXPECT_EQ(mirror_host_folder(""), "%");
    EXPECT_EQ(code_of([] { mirror_host_folder(std::string(256, 'h')); }), ErrorCode::usage);
}

TEST(MirrorRoot, IsTheHostAndTheAbsolutePath) {
    EXPECT_EQ(mirror_root({1, "h", "/home/user", ""}), "files/h/home/user");
    EXPECT_EQ(mirror_root({1, "h", "/", ""}), "files/h");
}

TEST(MirrorRoot, OfAMailboxIsItsAccount) {
    EXPECT_EQ(mirror_root({1, std::string(kMailHost), mailbox_path("anna@example.org"), ""}), "mail/anna@example.org");
    EXPECT_EQ(mailbox_path("../a"), "/%2E.%2Fa");
    EXPECT_EQ(code_of([] { mailbox_path(std::string(256, 'a')); }), ErrorCode::usage);
}

TEST(LivePaths, ClimbFromRowToRow) {
    CatalogFixture fixture;
    const auto source = fixture.add_source("/home/user");
    fixture.add_root(source, 1);
    fixture.add_directory(source, 1, "a", 2);
    fixture.add_directory(source, 2, "b\n", 3);
    LivePaths paths(fixture.database());
    EXPECT_EQ(paths.directory_path(1), "files/host/home/user");
    EXPECT_EQ(paths.directory_path(3), "files/host/home/user/a/b\n");
    EXPECT_EQ(paths.path(3, "c"), "files/host/home/user/a/b\n/c");
    EXPECT_EQ(paths.path(-source.id, "/home/user"), "files/host/home/user");
}

TEST(LivePaths, ForgetWhatWasRenamed) {
    CatalogFixture fixture;
    const auto source = fixture.add_source("/s");
    fixture.add_root(source, 1);
    fixture.add_directory(source, 1, "old", 2);
    LivePaths paths(fixture.database());
    EXPECT_EQ(paths.directory_path(2), "files/host/s/old");
    fixture.database().execute("UPDATE entry SET name = CAST('new' AS BLOB) WHERE node = 2");
    paths.forget();
    EXPECT_EQ(paths.directory_path(2), "files/host/s/new");
}

TEST(LivePaths, StayRightWhenTheCacheOverflows) {
    CatalogFixture fixture;
    const auto source = fixture.add_source("/s");
    fixture.add_root(source, 1);
    const std::string name(200, 'd');
    for (NodeId node = 2; node < 300; ++node) fixture.add_directory(source, node - 1, name, node);
    LivePaths paths(fixture.database());
    EXPECT_EQ(paths.directory_path(299).size(), std::string("files/host/s").size() + 298 * 201);
    EXPECT_EQ(paths.directory_path(3), "files/host/s/" + name + "/" + name);
}

TEST(LivePaths, ADirectoryInsideItselfIsDamage) {
    CatalogFixture fixture;
    const auto source = fixture.add_source("/s");
    fixture.add_directory(source, 3, "a", 2);
    fixture.add_directory(source, 2, "b", 3);
    LivePaths paths(fixture.database());
    EXPECT_EQ(code_of([&] { paths.directory_path(2); }), ErrorCode::damaged);
}

TEST(LivePaths, AMissingParentIsDamage) {
    CatalogFixture fixture;
    const auto source = fixture.add_source("/s");
    fixture.add_directory(source, 77, "a", 2);
    LivePaths paths(fixture.database());
    EXPECT_EQ(code_of([&] { paths.directory_path(2); }), ErrorCode::damaged);
    EXPECT_EQ(code_of([&] { paths.path(-9, "/s"); }), ErrorCode::damaged);
}

TEST(LivePaths, ARootThatIsElsewhereIsDamage) {
    CatalogFixture fixture;
    const auto source = fixture.add_source("/s");
    fixture.add_directory(source, -source.id, "/etc", 1);
    LivePaths paths(fixture.database());
    EXPECT_EQ(code_of([&] { paths.directory_path(1); }), ErrorCode::damaged);
}

TEST(EntryRow, RefusesNamesThatWouldLeaveTheirFolder) {
    for (const std::string name : {"", ".", "..", "a/b", "/etc"})
        EXPECT_EQ(code_of([&] { require_entry_name(1, name); }), ErrorCode::damaged) << name;
    EXPECT_EQ(code_of([] { require_entry_name(1, std::string_view("a\0b", 3)); }), ErrorCode::damaged);
    EXPECT_EQ(code_of([] { require_entry_name(1, std::string(256, 'n')); }), ErrorCode::damaged);
    EXPECT_EQ(code_of([] { require_entry_name(0, "a"); }), ErrorCode::damaged);
    for (const std::string path : {"", "a", "/a/", "//", "/a//b", "/..", "/a/../b", "/."})
        EXPECT_EQ(code_of([&] { require_entry_name(-1, path); }), ErrorCode::damaged) << path;
    EXPECT_NO_THROW(require_entry_name(-1, "/"));
    EXPECT_NO_THROW(require_entry_name(-1, "/a/b..c/\n"));
    EXPECT_NO_THROW(require_entry_name(1, "..a"));
}

}  // namespace
}  // namespace kist::repository
