#include "kist/restore/restore.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace kist::restore {
namespace {

using repository::Entry;
using test::CatalogFixture;
using ::testing::HasSubstr;

class RestoreTest : public ::testing::Test {
  protected:
    RestoreTest() { fixture.add_root(source, 1, 0750); }

    RestoreOptions options(const std::string& path = "/s") const {
        RestoreOptions options;
        options.snapshot = snapshot;
        options.path = path;
        options.target = out;
        return options;
    }
    RestoreSummary restore_all() { return restore(fixture.repository(), options()); }

    Error error_of(const RestoreOptions& wanted) {
        try {
            restore(fixture.repository(), wanted);
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return {ErrorCode::failed, ""};
    }

    Entry special(const std::string& name, os::FileType type, std::uint32_t mode = 0600) {
        return fixture.entry(source, 1, name, type, mode);
    }
    Entry symlink_entry(const std::string& name, const std::string& target) {
        auto entry = special(name, os::FileType::symlink, 0777);
        entry.metadata.symlink_target = target;
        return entry;
    }
    os::FileStatus status(const std::string& path) {
        const auto slash = path.rfind('/');
        const auto folder = slash == std::string::npos ? "" : path.substr(0, slash);
        return os::Directory::open(out).open_below(folder).status(
            path.substr(slash == std::string::npos ? 0 : slash + 1));
    }
    std::size_t names_in(const std::string& path) { return os::Directory::open(path).entries().size(); }
    void damage(const std::string& path, const std::string& bytes) {
        test::write_file(fixture.mirror("files/host/s/" + path), bytes);
    }

    CatalogFixture fixture;
    repository::Source source = fixture.add_source("/s");
    repository::Snapshot snapshot = fixture.add_snapshot(source);
    const test::TemporaryDirectory scratch;
    const std::string out = scratch / "out";
};

TEST_F(RestoreTest, PutsTheContentsIntoTheTargetAndItsMetadataOntoIt) {
    fixture.add_directory(source, 1, "d", 2, 0555);
    fixture.add_file(source, 2, "f", "content", 0640);
    const auto summary = restore_all();
    EXPECT_EQ(test::read_file(out + "/d/f"), "content");
    EXPECT_EQ(summary.files, 1U);
    EXPECT_EQ(summary.directories, 2U);
    EXPECT_EQ(summary.bytes.value, 7U);
    EXPECT_EQ(os::Directory::open(out).own_status().mode, 0750U);
    const Timestamp time{std::chrono::nanoseconds{1500000000123456789}};
    EXPECT_EQ(os::Directory::open(out).own_status().mtime, time);
    EXPECT_EQ(status("d").mode, 0555U);
    EXPECT_EQ(status("d").mtime, time);
    EXPECT_EQ(status("d/f").mode, 0640U);
    EXPECT_EQ(status("d/f").mtime, time);
    EXPECT_EQ(names_in(out), 1U);
    EXPECT_EQ(names_in(out + "/d"), 1U);
}

TEST_F(RestoreTest, MakesTheTargetsParents) {
    fixture.add_file(source, 1, "f", "x");
    auto wanted = options();
    wanted.target = out + "/a/b/";
    restore(fixture.repository(), wanted);
    EXPECT_EQ(test::read_file(out + "/a/b/f"), "x");
}

TEST_F(RestoreTest, PutsASingleFileIntoTheTarget) {
    fixture.add_file(source, 1, "f", "content");
    const auto summary = restore(fixture.repository(), options("/s/f"));
    EXPECT_EQ(test::read_file(out + "/f"), "content");
    EXPECT_EQ(names_in(out), 1U);
    EXPECT_EQ(summary.files, 1U);
}

TEST_F(RestoreTest, RestoresASourceThatIsASingleFile) {
    const auto file_source = fixture.add_source("/etc/hosts");
    auto root = fixture.file_entry(file_source, -file_source.id, "/etc/hosts", fixture.add_content("x"), 1);
    fixture.add(root);
    std::filesystem::create_directories(fixture.mirror("files/host/etc"));
    test::write_file(fixture.mirror("files/host/etc/hosts"), "x");
    auto wanted = options("/etc/hosts");
    wanted.snapshot = fixture.add_snapshot(file_source);
    restore(fixture.repository(), wanted);
    EXPECT_EQ(test::read_file(out + "/hosts"), "x");
}

TEST_F(RestoreTest, RestoresAPartOfATree) {
    fixture.add_directory(source, 1, "d", 2);
    fixture.add_file(source, 2, "f", "in d");
    fixture.add_file(source, 1, "g", "beside d");
    restore(fixture.repository(), options("/s/d"));
    EXPECT_EQ(test::read_file(out + "/f"), "in d");
    EXPECT_EQ(names_in(out), 1U);
}

TEST_F(RestoreTest, RestoresSymlinksFifosAndSockets) {
    fixture.add(symlink_entry("l", "/nowhere"));
    fixture.add(special("p", os::FileType::fifo, 0620));
    fixture.add(special("k", os::FileType::socket, 0666));
    const auto summary = restore_all();
    EXPECT_EQ(summary.others, 3U);
    EXPECT_EQ(os::Directory::open(out).read_link("l"), "/nowhere");
    EXPECT_EQ(status("l").mtime, Timestamp{std::chrono::nanoseconds{1500000000123456789}});
    EXPECT_EQ(status("p").type, os::FileType::fifo);
    EXPECT_EQ(status("p").mode, 0620U);
    EXPECT_EQ(status("k").type, os::FileType::socket);
}

TEST_F(RestoreTest, RestoresDeviceNodesOrNamesThem) {
    auto device = special("null", os::FileType::character_device, 0666);
    device.metadata.special_device = makedev(1, 3);
    fixture.add(device);
    fixture.add_file(source, 1, "f", "x");
    const auto summary = restore_all();
    if (summary.skipped.count > 0) {  // an ordinary user, or a container without CAP_MKNOD
        EXPECT_EQ(summary.skipped.first.front().path, "/s/null");
    } else {
        EXPECT_EQ(status("null").special_device, makedev(1, 3));
        EXPECT_EQ(status("null").mode, 0666U);
    }
    EXPECT_EQ(test::read_file(out + "/f"), "x");
}

TEST_F(RestoreTest, LinksNamesOfOneFile) {
    fixture.add_directory(source, 1, "d", 2);
    for (const auto& [directory, name] : {std::pair{1, "a"}, {1, "b"}, {2, "c"}}) {
        auto entry = fixture.file_entry(source, directory, name, fixture.add_content("shared"), 6);
        entry.node = 7;
        fixture.add(entry);
    }
    test::write_file(fixture.mirror("files/host/s/a"), "shared");
    Progress progress;
    auto wanted = options();
    wanted.progress = &progress;
    const auto summary = restore(fixture.repository(), wanted);
    EXPECT_EQ(status("a").inode, status("b").inode);
    EXPECT_EQ(status("a").inode, status("d/c").inode);
    EXPECT_EQ(status("a").link_count, 3U);
    EXPECT_EQ(summary.files, 3U);
    EXPECT_EQ(progress.files_done, 3U);
    EXPECT_EQ(progress.bytes_done, progress.bytes_total);
    restore(fixture.repository(), wanted);  // over itself
    EXPECT_EQ(status("a").link_count, 3U);
    EXPECT_EQ(names_in(out), 3U);
}

TEST_F(RestoreTest, NamesOfADamagedFileAreNeverLinkedToWhatWasThere) {
    for (const auto* name : {"a", "b"}) {
        auto entry = fixture.file_entry(source, 1, name, fixture.add_content("good"), 4);
        entry.node = 7;
        fixture.add(entry);
    }
    damage("a", "evil");
    damage("b", "evil");
    std::filesystem::create_directory(out);
    test::write_file(out + "/a", "mine");
    fixture.add_file(source, 1, "c", "x");
    const auto summary = restore_all();
    EXPECT_EQ(summary.damaged.count, 2U);
    EXPECT_EQ(test::read_file(out + "/a"), "mine");
    EXPECT_FALSE(std::filesystem::exists(out + "/b"));
}

TEST_F(RestoreTest, KeepsHoles) {
    std::string bytes(8 << 20, '\0');
    bytes.replace(4 << 20, 3, "mid");
    auto row = fixture.file_entry(source, 1, "sparse", fixture.add_content(bytes), bytes.size());
    row.metadata.has_holes = true;
    fixture.add(row);
    damage("sparse", bytes);  // the copy has none
    restore_all();
    EXPECT_EQ(test::read_file(out + "/sparse"), bytes);
    EXPECT_LE(status("sparse").allocated, 64U << 10U);
}

TEST_F(RestoreTest, RestoresExtendedAttributes) {
    auto row = fixture.file_entry(source, 1, "f", fixture.add_content("x"), 1, 0444);
    row.metadata.attributes = {{"user.kist", std::string("a\0b", 3)}};
    fixture.add(row);
    damage("f", "x");
    auto wanted = options();
    if (restore(fixture.repository(), wanted).attributes_refused > 0) GTEST_SKIP() << "no extended attributes in /tmp";
    const auto fd = os::Directory::open(out).open_file("f");
    EXPECT_EQ(os::extended_attributes(fd.get()), row.metadata.attributes);
}

TEST_F(RestoreTest, ADamagedFileIsNamedAndNotMadeAndTheOthersAre) {
    fixture.add_file(source, 1, "bad", "good content");
    fixture.add_file(source, 1, "fine", "fine");
    damage("bad", "evil content");
    const auto summary = restore_all();
    ASSERT_EQ(summary.damaged.count, 1U);
    EXPECT_EQ(summary.damaged.first.front().path, "/s/bad");
    EXPECT_THAT(summary.damaged.first.front().reason, HasSubstr("does not hold what was backed up"));
    EXPECT_FALSE(std::filesystem::exists(out + "/bad"));
    EXPECT_EQ(test::read_file(out + "/fine"), "fine");
    EXPECT_EQ(names_in(out), 1U);
}

TEST_F(RestoreTest, ADamagedFileLeavesTheOneThatWasThere) {
    fixture.add_file(source, 1, "bad", "good content");
    fixture.add_file(source, 1, "fine", "fine");
    damage("bad", "evil content");
    std::filesystem::create_directory(out);
    test::write_file(out + "/bad", "older");
    restore_all();
    EXPECT_EQ(test::read_file(out + "/bad"), "older");
}

TEST_F(RestoreTest, TakesAnotherCopyOfADamagedFile) {
    const auto file = fixture.add_file(source, 1, "f", "good content");
    fixture.place_in_pack(*file.content, "good content");
    damage("f", "evil content");
    EXPECT_EQ(restore_all().damaged.count, 0U);
    EXPECT_EQ(test::read_file(out + "/f"), "good content");
}

TEST_F(RestoreTest, NothingRestoredIsAnError) {
    fixture.add_file(source, 1, "bad", "good content");
    damage("bad", "evil content");
    EXPECT_EQ(error_of(options("/s/bad")).code(), ErrorCode::damaged);
    EXPECT_EQ(error_of(options()).code(), ErrorCode::damaged);
    EXPECT_EQ(error_of(options("/s/absent")).code(), ErrorCode::not_found);
    EXPECT_EQ(error_of(options("/elsewhere")).code(), ErrorCode::not_found);
}

TEST_F(RestoreTest, AnEmptyDirectoryIsSomething) {
    EXPECT_EQ(restore_all().directories, 1U);
    EXPECT_EQ(names_in(out), 0U);
}

TEST_F(RestoreTest, ReplacesFilesAndMergesDirectories) {
    fixture.add_directory(source, 1, "d", 2, 0711);
    fixture.add_file(source, 2, "f", "new");
    std::filesystem::create_directories(out + "/d");
    test::write_file(out + "/d/f", "old");
    test::write_file(out + "/d/other", "stays");
    const os::Fd reader(open((out + "/d/f").c_str(), O_RDONLY));
    restore_all();
    EXPECT_EQ(test::read_file(out + "/d/f"), "new");
    EXPECT_EQ(test::read_file(out + "/d/other"), "stays");
    EXPECT_EQ(status("d").mode, 0711U);
    EXPECT_EQ(names_in(out + "/d"), 2U);
    std::array<std::byte, 4> old{};
    EXPECT_EQ(os::read_at(reader.get(), 0, old, "old"), 3U);
    EXPECT_EQ(old[0], std::byte{'o'});  // the old file was replaced, not written over
}

TEST_F(RestoreTest, NeverLeavesWhatIsThere) {
    fixture.add_directory(source, 1, "d", 2, 0711);
    fixture.add_directory(source, 1, "e", 3);
    fixture.add_file(source, 2, "f", "new");
    fixture.add_file(source, 2, "g", "new");
    fixture.add_file(source, 3, "h", "new");
    std::filesystem::create_directories(out + "/d");
    ASSERT_EQ(chmod((out + "/d").c_str(), 0700), 0);
    test::write_file(out + "/d/f", "old");
    test::write_file(out + "/e", "a file");
    auto wanted = options();
    wanted.overwrite = Overwrite::never;
    const auto summary = restore(fixture.repository(), wanted);
    EXPECT_EQ(test::read_file(out + "/d/f"), "old");
    EXPECT_EQ(test::read_file(out + "/d/g"), "new");
    EXPECT_EQ(test::read_file(out + "/e"), "a file");
    EXPECT_EQ(status("d").mode, 0700U);
    EXPECT_EQ(summary.kept, 2U);
    EXPECT_EQ(summary.files, 1U);
}

TEST_F(RestoreTest, LinksAmongThemselvesWhatNeverOverwrites) {
    for (const auto* name : {"a", "b", "c"}) {
        auto entry = fixture.file_entry(source, 1, name, fixture.add_content("new"), 3);
        entry.node = 7;
        fixture.add(entry);
    }
    damage("a", "new");
    std::filesystem::create_directory(out);
    test::write_file(out + "/a", "old");
    auto wanted = options();
    wanted.overwrite = Overwrite::never;
    restore(fixture.repository(), wanted);
    EXPECT_EQ(test::read_file(out + "/a"), "old");
    EXPECT_EQ(test::read_file(out + "/b"), "new");
    EXPECT_EQ(status("b").inode, status("c").inode);
}

TEST_F(RestoreTest, NeverFollowsSymlinksInTheTarget) {
    fixture.add_directory(source, 1, "d", 2);
    fixture.add_file(source, 2, "f", "new");
    fixture.add_file(source, 1, "g", "new");
    std::filesystem::create_directories(scratch / "outside");
    test::write_file(scratch / "outside/f", "outside");
    std::filesystem::create_directory(out);
    ASSERT_EQ(symlink((scratch / "outside").c_str(), (out + "/d").c_str()), 0);
    ASSERT_EQ(symlink((scratch / "outside/f").c_str(), (out + "/g").c_str()), 0);
    restore_all();
    EXPECT_EQ(test::read_file(scratch / "outside/f"), "outside");
    EXPECT_EQ(status("d").type, os::FileType::directory);
    EXPECT_EQ(status("g").type, os::FileType::regular);
    EXPECT_EQ(test::read_file(out + "/d/f"), "new");
}

TEST_F(RestoreTest, AFolderWithContentsNeverGivesWay) {
    fixture.add_file(source, 1, "empty", "x");
    fixture.add_file(source, 1, "full", "x");
    fixture.add(symlink_entry("link", "x"));
    for (const auto* name : {"empty", "full/inside", "link/inside"})
        std::filesystem::create_directories(out + "/" + name);
    const auto summary = restore_all();
    EXPECT_EQ(test::read_file(out + "/empty"), "x");
    EXPECT_TRUE(std::filesystem::is_directory(out + "/full/inside"));
    EXPECT_TRUE(std::filesystem::is_directory(out + "/link/inside"));
    ASSERT_EQ(summary.failed.count, 2U);
    EXPECT_THAT(summary.failed.first.front().reason, HasSubstr("not empty"));
    EXPECT_EQ(names_in(out), 3U);
}

TEST_F(RestoreTest, RestoresNamesOfAnyBytesAtAnyDepth) {
    const auto name = std::string(200, 'd').append("\n\xff");
    for (repository::NodeId node = 2; node < 42; ++node) {
        fixture.add_directory(source, node - 1, name, node);
        fixture.add(fixture.file_entry(source, node, "f", fixture.add_content("deep"), 4));
    }
    fixture.add_file(source, 1, "f", "deep");
    EXPECT_EQ(restore_all().files, 41U);
    auto directory = os::Directory::open(out);
    for (int depth = 0; depth < 40; ++depth) directory = directory.open_directory(name);
    EXPECT_TRUE(directory.find_status("f"));
    os::Directory::open(scratch.path()).remove_tree("out");
}

TEST_F(RestoreTest, AFolderInsideItselfIsNamedAndEnds) {
    fixture.add_directory(source, 1, "d", 2);
    fixture.add_directory(source, 2, "again", 2);
    fixture.add_directory(source, 2, "root", 1);
    fixture.add_file(source, 1, "f", "x");
    const auto summary = restore_all();
    EXPECT_EQ(summary.damaged.count, 2U);
    EXPECT_EQ(test::read_file(out + "/f"), "x");
}

TEST_F(RestoreTest, HostileNamesAreNeverWritten) {
    fixture.add_file(source, 1, "a", "x");
    fixture.add(fixture.file_entry(source, 1, "../escaped", fixture.add_content("x"), 1));
    const auto summary = restore_all();
    EXPECT_FALSE(std::filesystem::exists(scratch / "escaped"));
    EXPECT_EQ(test::read_file(out + "/a"), "x");
    EXPECT_GE(summary.damaged.count, 1U);
}

TEST_F(RestoreTest, ManyFilesInManyThreads) {
    std::uint64_t bytes = 0;
    for (repository::NodeId node = 2; node < 30; ++node) {
        fixture.add_directory(source, node / 2, "d" + std::to_string(node), node);
        for (int i = 0; i < 90; ++i) {
            const std::string content(static_cast<std::size_t>(i) * 100, static_cast<char>(node));
            fixture.add_file(source, node, std::to_string(i), content);
            bytes += content.size();
        }
    }
    Progress progress;
    auto wanted = options();
    wanted.threads = 4;
    wanted.progress = &progress;
    const auto summary = restore(fixture.repository(), wanted);
    EXPECT_EQ(summary.files, 28U * 90);
    EXPECT_EQ(summary.bytes.value, bytes);
    EXPECT_EQ(summary.directories, 29U);
    EXPECT_EQ(progress.files_done, progress.files_total);
    EXPECT_EQ(progress.bytes_done, progress.bytes_total);
    EXPECT_EQ(test::read_file(out + "/d2/d4/d8/d16/50"), std::string(5000, 16));
}

TEST_F(RestoreTest, AnInterruptStopsItAndLeavesNoHalfFiles) {
    for (int i = 0; i < 300; ++i) fixture.add_file(source, 1, std::to_string(i), "x");
    const std::atomic<bool> interrupt = true;
    auto wanted = options();
    wanted.interrupt = &interrupt;
    EXPECT_EQ(error_of(wanted).code(), ErrorCode::interrupted);
    EXPECT_EQ(names_in(out), 0U);
}

TEST_F(RestoreTest, PutsBackFromTheSourcesRoot) {
    fixture.add_directory(source, 1, "d", 2);
    fixture.add_file(source, 2, "f", "x");
    auto catalog = fixture.repository().open_catalog();
    const auto aimed = [&](const std::string& path) {
        auto wanted = options(path);
        put_back(catalog, wanted);
        EXPECT_EQ(wanted.path, "/s");
        EXPECT_EQ(wanted.target, "/s");
        return wanted.choice.files;
    };
    EXPECT_EQ(aimed("/s/d"), std::vector<std::string>{"d"});
    EXPECT_EQ(aimed("/s/d/f"), std::vector<std::string>{"d/f"});
    EXPECT_EQ(aimed("/s"), std::nullopt);
}

TEST_F(RestoreTest, OwnersGoByNameWhereThereIsOneAndByNumberElse) {
    if (geteuid() != 0) GTEST_SKIP() << "only root may give files away";
    auto named = fixture.file_entry(source, 1, "named", fixture.add_content("x"), 1, 04755);
    named.metadata.uid = named.metadata.gid = 12345;
    named.metadata.user = "nobody";
    auto unknown = fixture.file_entry(source, 1, "unknown", fixture.add_content("x"), 1);
    unknown.metadata.uid = unknown.metadata.gid = 12346;
    unknown.metadata.user = unknown.metadata.group = "no-such-name-here";
    fixture.add(named);
    fixture.add(unknown);
    damage("named", "x");
    restore_all();
    EXPECT_EQ(status("named").uid, 65534U);
    EXPECT_EQ(status("named").gid, 12345U);
    EXPECT_EQ(status("named").mode, 04755U);
    EXPECT_EQ(status("unknown").uid, 12346U);
    auto wanted = options();
    wanted.owners = Owners::by_number;
    restore(fixture.repository(), wanted);
    EXPECT_EQ(status("named").uid, 12345U);
}

// Everything in here is an ordinary user's.
class OrdinaryUser {
  public:
    OrdinaryUser() { is_one_ = geteuid() != 0 || (setegid(65534) == 0 && seteuid(65534) == 0); }
    ~OrdinaryUser() {
        if (getuid() == 0 && (seteuid(0) != 0 || setegid(0) != 0)) std::abort();
    }
    bool is_one() const { return is_one_; }

  private:
    bool is_one_ = false;
};

TEST(RestoreAsOrdinaryUser, KeepsWhatItMayAndCountsTheRest) {
    const OrdinaryUser user;
    if (!user.is_one()) GTEST_SKIP() << "cannot become an ordinary user here";
    CatalogFixture fixture;
    const auto source = fixture.add_source("/s");
    const auto snapshot = fixture.add_snapshot(source);
    const auto own = [](Entry entry, std::uint32_t id) {
        entry.metadata.uid = entry.metadata.gid = id;
        return entry;
    };
    auto root = fixture.entry(source, -source.id, "/s", os::FileType::directory, 0555);
    root.node = 1;
    fixture.add(own(root, geteuid()));
    std::filesystem::create_directories(fixture.mirror("files/host/s"));
    fixture.add(own(fixture.file_entry(source, 1, "setuid", fixture.add_content("x"), 1, 06755), 0));
    fixture.add(own(fixture.file_entry(source, 1, "mine", fixture.add_content("x"), 1, 0400), geteuid()));
    auto device = fixture.entry(source, 1, "device", os::FileType::block_device, 0600);
    device.metadata.special_device = makedev(7, 0);
    fixture.add(own(device, geteuid()));
    test::write_file(fixture.mirror("files/host/s/mine"), "x");

    const test::TemporaryDirectory scratch;
    RestoreOptions options;
    options.snapshot = snapshot;
    options.path = "/s";
    options.target = scratch / "out";
    const auto summary = restore(fixture.repository(), options);
    EXPECT_EQ(summary.files, 2U);
    EXPECT_EQ(summary.owners_refused, 1U);
    EXPECT_EQ(summary.skipped.count, 1U);
    EXPECT_EQ(summary.failed.count, 0U);
    const auto out = os::Directory::open(scratch / "out");
    EXPECT_EQ(out.status("setuid").mode, 0755U);
    EXPECT_EQ(out.status("mine").mode, 0400U);
    EXPECT_EQ(out.own_status().mode, 0555U);
    EXPECT_EQ(out.entries().size(), 2U);
    ASSERT_EQ(chmod((scratch / "out").c_str(), 0700), 0);
}

}  // namespace
}  // namespace kist::restore
