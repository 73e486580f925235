#include "kist/repository/repair.hpp"

#include "backup_fixture.hpp"
#include "edits.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace kist::backup {
namespace {

namespace fs = std::filesystem;
using repository::Healing;
using test::noise;
using test::read_file;
using test::write_file;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

// Bit rot: the file's times and size stay.
void rot(const std::string& path, std::size_t offset = 0) {
    const auto time = fs::last_write_time(path);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << "rot";
    file.close();
    fs::last_write_time(path, time);
}

std::optional<os::Fd> open_source(const repository::Source&, const std::string& path) {
    const auto slash = path.rfind('/');
    const auto folder = os::Directory::open(path.substr(0, slash));
    return folder.find_file(path.substr(slash + 1));
}

class Repair : public Backup {
  protected:
    std::vector<Healing> repair(const repository::SourceOpener& opener = {}) {
        const auto repository = repository::Repository::open(volume(), {});
        repository::RepairOptions options;
        options.open_source = opener;
        std::vector<Healing> outcomes;
        for (const auto& one : repository::repair(repository, options).repaired) outcomes.push_back(one.healing);
        return outcomes;
    }
    std::uint64_t damage() { return repository::check(repository::Repository::open(volume(), {}), {}).damage_count; }
    std::string pack() const { return volume() + "/.kist/history/0001.pack"; }
    auto found() const {
        return std::distance(fs::directory_iterator(volume() + "/.kist/found"), fs::directory_iterator());
    }
    void clear_found() const {
        for (const auto& file : fs::directory_iterator(volume() + "/.kist/found")) fs::remove_all(file);
    }
};

TEST_F(Repair, APlainFileFromAnEqualOne) {
    write_file(*this / "a", noise(1, 10'000));
    write_file(*this / "b", noise(1, 10'000));
    fs::create_hard_link(*this / "a", *this / "also a");
    run();
    rot(mirror() + "/a");
    EXPECT_EQ(damage(), 2U);
    EXPECT_THAT(repair(), ElementsAre(Healing::healed, Healing::healed));
    EXPECT_EQ(damage(), 0U);
    EXPECT_GT(found(), 0);
    clear_found();
    expect_sound();
    EXPECT_TRUE(repair().empty());
    EXPECT_EQ(run().files_read, 2U) << "as young as before, but not stored again";
    expect_sound();
}

TEST_F(Repair, APlainFileFromTheSource) {
    write_file(*this / "a", noise(1, 10'000));
    write_file(*this / "b", noise(2, 10'000));
    run();
    rot(mirror() + "/a");
    rot(mirror() + "/b");
    write_file(*this / "b", noise(3, 10'000));
    EXPECT_THAT(repair(open_source), UnorderedElementsAre(Healing::from_source, Healing::lost));
    EXPECT_EQ(content(1, "a"), noise(1, 10'000));
    EXPECT_EQ(damage(), 1U);
    clear_found();
    run();
    expect_sound();
    EXPECT_EQ(damage(), 1U) << "the old version of b is lost, and nothing else";
    write_file(*this / "b", noise(2, 10'000));
    run();
    EXPECT_EQ(content(1, "b"), noise(2, 10'000));
    EXPECT_EQ(damage(), 0U);
    expect_sound();
}

TEST_F(Repair, ALostFileIsStoredAgainByTheNextRun) {
    write_file(*this / "a", noise(1, 10'000));
    run();
    rot(mirror() + "/a");
    EXPECT_THAT(repair(), ElementsAre(Healing::lost));
    EXPECT_EQ(damage(), 1U);
    run();
    EXPECT_EQ(damage(), 0U);
    EXPECT_EQ(content(1, "a"), noise(1, 10'000));
    expect_sound();
}

TEST_F(Repair, WhatSomebodyTookAwayOrReplaced) {
    fs::create_directories(*this / "folder/below");
    write_file(*this / "folder/below/file", noise(1, 1'000));
    write_file(*this / "folder/copy", noise(1, 1'000));
    fs::create_symlink("somewhere", *this / "link");
    write_file(*this / "x", "x");
    write_file(*this / "y", "x");
    run();
    fs::remove_all(mirror() + "/folder/below");
    write_file(mirror() + "/folder/below", "in the way");
    fs::remove(mirror() + "/link");
    fs::remove(mirror() + "/x");
    EXPECT_THAT(repair(), ElementsAre(Healing::healed, Healing::healed, Healing::healed, Healing::healed));
    EXPECT_EQ(damage(), 0U);
    EXPECT_EQ(found(), 2) << "what was in the way, and its note";
    clear_found();
    expect_sound();
}

TEST_F(Repair, OldVersionsInPacksAndKept) {
    write_file(*this / "small", noise(1, 10'000));
    write_file(*this / "large", noise(2, 2'000'000));
    run();
    write_file(*this / "small", "other");
    write_file(*this / "large", "other");
    run();
    const auto kept = fs::directory_iterator(volume() + "/.kist/history/kept")->path().string();
    rot(kept, 1'000'000);
    rot(pack(), 1'000);
    EXPECT_EQ(damage(), 2U);
    write_file(*this / "restored", noise(1, 10'000));
    EXPECT_THAT(repair(open_source), ElementsAre(Healing::lost, Healing::lost))
        << "by another name nobody looks for it";
    EXPECT_EQ(damage(), 2U);
    write_file(*this / "small", noise(1, 10'000));
    write_file(*this / "large", noise(2, 2'000'000));
    EXPECT_THAT(repair(open_source), ElementsAre(Healing::from_source, Healing::from_source));
    EXPECT_EQ(damage(), 0U);
    EXPECT_EQ(content(1, "large"), noise(2, 2'000'000));
    fs::remove(*this / "restored");
    clear_found();
    run();
    expect_sound();
}

TEST_F(Repair, ADeltaWaitsForItsLostBase) {
    write_file(*this / "image", noise(1, 5'000'000));
    run();
    auto image = noise(1, 5'000'000);
    image.replace(1'000'000, 100, noise(2, 100));
    write_file(*this / "image", image);
    run();
    rot(mirror() + "/image", 4'000'000);
    EXPECT_EQ(damage(), 2U);
    EXPECT_THAT(repair(), UnorderedElementsAre(Healing::lost, Healing::waiting));
    run();
    EXPECT_EQ(damage(), 0U);
    EXPECT_EQ(content(1, "image"), noise(1, 5'000'000));
    expect_sound();
}

}  // namespace
}  // namespace kist::backup
