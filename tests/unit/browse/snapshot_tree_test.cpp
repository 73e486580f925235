#include "kist/browse/snapshot_tree.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <algorithm>
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::browse {
namespace {

using test::CatalogFixture;
using testing::ElementsAre;

const fuse::Interrupted kNever = [] { return false; };

class SnapshotTreeTest : public testing::Test {
  protected:
    SnapshotTreeTest() : source_(fixture_.add_source("/s")) {
        first_ = fixture_.add_snapshot(source_, time_at(1000));
        second_ = fixture_.add_snapshot(source_, time_at(2000));
        fixture_.add_root(source_, 1);
    }

    SnapshotTree& tree() {
        if (!tree_) tree_.emplace(fixture_.repository(), std::nullopt);
        return *tree_;
    }

    static std::vector<std::string> names(const fuse::Listing& listing) {
        std::vector<std::string> names;
        for (const auto& node : listing.nodes) names.push_back(node.name);
        return names;
    }

    fuse::Node at(std::initializer_list<const char*> path) {
        auto node = tree().status(fuse::kRootNode);
        for (const auto* name : path) {
            const auto found = tree().find(node.number, name);
            if (!found) throw Error(ErrorCode::not_found, name);
            node = *found;
        }
        return node;
    }

    // Of the n-th snapshot.
    fuse::Node at_snapshot(std::size_t n, std::initializer_list<const char*> path) {
        auto node = tree().list(at({CatalogFixture::kHost, "s"}).number).nodes.at(n).node;
        for (const auto* name : path) node = tree().find(node.number, name).value();
        return node;
    }

    std::string read(fuse::NodeNumber file, std::uint64_t offset = 0, std::size_t size = 64U << 20U) {
        std::string bytes(size, '\0');
        const auto opened = tree().open(file);
        const auto buffer = std::as_writable_bytes(std::span(bytes));
        std::size_t done = 0;
        while (done < size) {
            const auto piece = buffer.subspan(done, std::min<std::size_t>(100000, size - done));
            const auto got = opened->read(offset + done, piece, kNever);
            done += got;
            if (got < piece.size()) break;
        }
        bytes.resize(done);
        return bytes;
    }

    template <typename Action>
    static int error_of(Action action) {
        try {
            action();
        } catch (const Error& error) {
            return error.error_number() != 0 ? error.error_number() : error.code() == ErrorCode::damaged ? EIO : -1;
        }
        return 0;
    }

    static std::string pattern(std::size_t size) {
        std::string bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
        return bytes;
    }

    CatalogFixture fixture_;
    repository::Source source_;
    repository::Snapshot first_;
    repository::Snapshot second_;
    std::optional<SnapshotTree> tree_;
};

TEST_F(SnapshotTreeTest, ShowsHostsSourcesAndSnapshots) {
    EXPECT_THAT(names(tree().list(fuse::kRootNode)), ElementsAre(CatalogFixture::kHost));
    const auto source = at({CatalogFixture::kHost, "s"});
    const auto found = names(tree().list(source.number));
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found.back(), "latest");
    EXPECT_EQ(tree().link_target(at({CatalogFixture::kHost, "s", "latest"}).number), found[1]);
    EXPECT_FALSE(tree().find(source.number, "nothing"));
    EXPECT_EQ(error_of([&] { tree().link_target(source.number); }), EINVAL);
    EXPECT_EQ(error_of([&] { tree().open(source.number); }), EISDIR);
}

TEST_F(SnapshotTreeTest, ShowsEachSnapshotAsItWas) {
    auto old = CatalogFixture::file_entry(source_, 1, "old", fixture_.add_content("gone"), 4, 04755);
    old.last = 1;
    old.metadata.uid = 1234;
    old.metadata.attributes = {{"user.note", "kept"}};
    fixture_.add(old);
    fixture_.add_directory(source_, 1, "folder", 2);
    fixture_.add_file(source_, 2, "file", "content");
    EXPECT_THAT(names(tree().list(at_snapshot(0, {}).number)), ElementsAre("folder", "old"));
    EXPECT_THAT(names(tree().list(at_snapshot(1, {}).number)), ElementsAre("folder"));
    const auto node = at_snapshot(0, {"old"});
    EXPECT_EQ(node.status.mode, 04755U);
    EXPECT_EQ(node.status.uid, 1234U);
    EXPECT_EQ(node.status.size, 4U);
    EXPECT_EQ(node.status.mtime, old.metadata.mtime);
    EXPECT_EQ(node.status.inode, node.number);
    EXPECT_EQ(tree().attributes(node.number), old.metadata.attributes);
    EXPECT_EQ(read(at_snapshot(1, {"folder", "file"}).number), "content");
    EXPECT_NE(at_snapshot(0, {"folder", "file"}).number, at_snapshot(1, {"folder", "file"}).number);
}

TEST_F(SnapshotTreeTest, GivesHardLinksOneNumber) {
    for (const auto* name : {"one", "two", "three"}) {
        auto row = CatalogFixture::file_entry(source_, 1, name, fixture_.add_content("x"), 1);
        row.node = 9;
        if (std::string_view(name) == "three") row.first = 2;
        fixture_.add(row);
    }
    EXPECT_EQ(at_snapshot(0, {"one"}).number, at_snapshot(0, {"two"}).number);
    EXPECT_EQ(at_snapshot(0, {"one"}).status.link_count, 2U);
    EXPECT_EQ(at_snapshot(1, {"three"}).status.link_count, 3U);
    for (const auto& node : tree().list(at_snapshot(1, {}).number).nodes)
        EXPECT_EQ(node.node.number, at_snapshot(1, {"one"}).number);
}

TEST_F(SnapshotTreeTest, FollowsTheCatalog) {
    fixture_.add_file(source_, 1, "file", "content");
    const auto file = at_snapshot(1, {"file"});
    const auto opened = tree().open(file.number);
    fixture_.add_snapshot(source_, time_at(3000));
    EXPECT_EQ(tree().list(at({CatalogFixture::kHost, "s"}).number).nodes.size(), 4U);
    fixture_.database().execute("DELETE FROM snapshot WHERE number = 2");
    EXPECT_EQ(tree().list(at({CatalogFixture::kHost, "s"}).number).nodes.size(), 3U);
    EXPECT_EQ(error_of([&] { tree().status(file.number); }), ESTALE);
    EXPECT_EQ(error_of([&] { tree().open(file.number); }), ESTALE);
    std::array<std::byte, 7> bytes{};
    EXPECT_EQ(opened->read(0, bytes, kNever), 7U);  // other snapshots still have the content
}

TEST_F(SnapshotTreeTest, ReadsLargeContentsAnywhere) {
    const auto bytes = pattern(3'000'001);
    fixture_.add_file(source_, 1, "large", bytes);
    const auto number = at_snapshot(0, {"large"}).number;
    EXPECT_EQ(read(number), bytes);
    EXPECT_TRUE(tree().open(number)->may_keep_cache());
    for (const std::size_t offset : {0UL, 1UL, 65535UL, 65536UL, 1'500'000UL, 3'000'000UL, 3'000'001UL, 9'000'000UL})
        for (const std::size_t size : {1UL, 4096UL, 200'000UL})
            EXPECT_EQ(read(number, offset, size), offset < bytes.size() ? bytes.substr(offset, size) : "");
}

TEST_F(SnapshotTreeTest, VerifiesAllOfALargeContentBeforeAJump) {
    auto bytes = pattern(40'000'000);
    const auto row = fixture_.add_file(source_, 1, "large", bytes);
    bytes[5] = 'x';
    test::write_file(fixture_.mirror("files/host/s/large"), bytes);
    const auto number = at_snapshot(0, {"large"}).number;
    EXPECT_EQ(error_of([&] { read(number, 39'000'000, 10); }), EIO);
    bytes = pattern(40'000'000);
    fixture_.place_in_kept(*row.content, bytes);  // a second copy
    EXPECT_EQ(read(number, 39'000'000, 10), bytes.substr(39'000'000, 10));
    EXPECT_EQ(read(number, 0, 10), bytes.substr(0, 10));
}

TEST_F(SnapshotTreeTest, GivesAnErrorBeforeTheEndOfADamagedContentAndThenTheGoodCopy) {
    const auto bytes = pattern(2'000'000);
    const auto row = fixture_.add_file(source_, 1, "large", bytes);
    auto rotten = bytes;
    rotten[1'000'000] ^= 1;
    test::write_file(fixture_.mirror("files/host/s/large"), rotten);
    fixture_.place_in_kept(*row.content, bytes);
    const auto number = at_snapshot(0, {"large"}).number;
    EXPECT_EQ(error_of([&] { read(number); }), EIO);
    EXPECT_FALSE(tree().open(number)->may_keep_cache());
    EXPECT_EQ(read(number), bytes);
}

TEST_F(SnapshotTreeTest, NoticesWhenAVerifiedFileIsWrittenTo) {
    const auto bytes = pattern(2'000'000);
    const auto row = fixture_.add_file(source_, 1, "large", bytes);
    const auto number = at_snapshot(0, {"large"}).number;
    const auto opened = tree().open(number);
    std::vector<std::byte> buffer(bytes.size());
    ASSERT_EQ(opened->read(0, buffer, kNever), bytes.size());
    auto changed = bytes;
    changed[100] ^= 1;
    test::write_file(fixture_.mirror("files/host/s/large"), changed);
    EXPECT_EQ(error_of([&] { opened->read(0, std::span(buffer).first(10), kNever); }), EIO);
    fixture_.place_in_kept(*row.content, bytes);
    EXPECT_EQ(opened->read(0, std::span(buffer).first(200), kNever), 200U);
    EXPECT_EQ(buffer[100], static_cast<std::byte>(bytes[100]));
}

TEST_F(SnapshotTreeTest, StopsVerifyingWhenNobodyWaits) {
    fixture_.add_file(source_, 1, "large", pattern(40'000'000));
    const auto opened = tree().open(at_snapshot(0, {"large"}).number);
    std::array<std::byte, 10> buffer{};
    try {
        opened->read(39'000'000, buffer, [] { return true; });
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    EXPECT_EQ(opened->read(39'000'000, buffer, kNever), buffer.size());
}

TEST_F(SnapshotTreeTest, ShowsOneFolderOrFileAsItsRoot) {
    const auto folder = fixture_.add_directory(source_, 1, "folder", 2);
    const auto file = fixture_.add_file(source_, 2, "file", "content");
    SnapshotTree below(fixture_.repository(), TreeRoot{1, folder.id});
    EXPECT_THAT(names(below.list(fuse::kRootNode)), ElementsAre("file"));
    SnapshotTree single(fixture_.repository(), TreeRoot{1, file.id});
    EXPECT_THAT(names(single.list(fuse::kRootNode)), ElementsAre("file"));
    EXPECT_EQ(single.find(fuse::kRootNode, "file")->status.size, 7U);
}

TEST_F(SnapshotTreeTest, ShowsASourceThatIsAFileInAFolder) {
    const auto source = fixture_.add_source("/etc/hosts");
    const auto snapshot = fixture_.add_snapshot(source, time_at(5000));
    auto root = CatalogFixture::file_entry(source, -source.id, "/etc/hosts", fixture_.add_content("x"), 1);
    root.first = snapshot.number;
    fixture_.add(root);
    const auto folder = tree().list(at({CatalogFixture::kHost, "etc-hosts"}).number).nodes.at(0).node;
    EXPECT_EQ(folder.status.type, os::FileType::directory);
    EXPECT_THAT(names(tree().list(folder.number)), ElementsAre("hosts"));
}

TEST_F(SnapshotTreeTest, ShowsWhatIsSoundOfADamagedFolder) {
    fixture_.add_file(source_, 1, "a", "x");
    fixture_.add_file(source_, 1, "b", "y");
    fixture_.add_directory(source_, 1, "folder", 2);
    fixture_.add_directory(source_, 2, "inside itself", 1);
    for (const auto* name : {"''", "'.'", "'..'", "'x/y'", "x'6100'", "zeroblob(5)"}) {
        SCOPED_TRACE(name);
        fixture_.database().execute(std::string("UPDATE entry SET name = ") + name + " WHERE name = x'62'");
        const auto listing = tree().list(at_snapshot(0, {}).number);
        EXPECT_FALSE(listing.is_complete);
        EXPECT_THAT(names(listing), ElementsAre("a", "folder"));
        fixture_.database().execute(
            "UPDATE entry SET name = x'62' WHERE directory = 1 AND name NOT IN (x'61', "
            "CAST('folder' AS BLOB))");
    }
    EXPECT_EQ(at_snapshot(0, {"folder", "inside itself", "folder"}).number, at_snapshot(0, {"folder"}).number);
    fixture_.database().execute("UPDATE entry SET id = 1099511627776 WHERE name = x'62'");
    EXPECT_FALSE(tree().list(at_snapshot(0, {}).number).is_complete);
    EXPECT_EQ(error_of([&] { at_snapshot(0, {"b"}); }), EOVERFLOW);
    fixture_.database().execute("UPDATE entry SET size = 99 WHERE name = x'61'");
    EXPECT_EQ(error_of([&] { tree().open(at_snapshot(0, {"a"}).number); }), EIO);
}

}  // namespace
}  // namespace kist::browse
