#pragma once
// A source folder and a repository, and backups of one into the other, an hour apart.

#include "kist/backup/backup.hpp"
#include "kist/os/process.hpp"
#include "kist/repository/content_reader.hpp"

#include "temporary_directory.hpp"

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kist::backup {

class Backup : public testing::Test {
  protected:
    Backup() {
        std::filesystem::create_directory(source());
        repository::Repository::create(make(volume()), {});
    }

    std::string source() const { return top_ / "source"; }
    std::string volume() const { return top_ / "volume"; }
    std::string operator/(const std::string& name) const { return source() + "/" + name; }
    std::string mirror() const { return volume() + "/latest/files/host" + source(); }
    static const std::string& make(const std::string& path) {
        std::filesystem::create_directory(path);
        return path;
    }

    BackupSummary run() {
        auto repository = repository::Repository::open(volume(), {});
        BackupOptions options;
        options.host = "host";
        options.path = source();
        options.time = Timestamp{std::chrono::hours{++hour_}};
        return back_up(repository, options, clock_);
    }

    // What rsync would still have to do to make the mirror equal to the source.
    std::string difference() const {
        auto result = os::run({"rsync", "-aHAXni", "--checksum", "--delete", source() + "/", mirror() + "/"});
        return result.output;
    }

    // The content of a path in a snapshot, read the way restore does.
    std::string content(repository::SnapshotNumber number, const std::string& name) {
        const auto repository = repository::Repository::open(volume(), {});
        auto catalog = repository.open_catalog();
        const auto entry = catalog.find_path(catalog.snapshot(number), *this / name);
        if (!entry || !entry->content) return "<absent>";
        std::string text;
        repository::ContentReader reader(repository, catalog);
        const auto stored = catalog.content(*entry->content);
        text.resize(stored.size);
        reader.read(
            stored,
            [&](std::uint64_t offset, std::span<const std::byte> data) {
                std::memcpy(text.data() + offset, data.data(), data.size());
            },
            [] {});
        return text;
    }

    std::vector<std::string> inconsistencies() {
        return repository::Repository::open(volume(), {}).open_catalog().inconsistencies();
    }

    void expect_sound() {
        EXPECT_EQ(difference(), "");
        EXPECT_EQ(inconsistencies(), std::vector<std::string>{});
        EXPECT_FALSE(std::filesystem::exists(volume() + "/RUN-KIST-FIRST.txt"));
        EXPECT_TRUE(std::filesystem::is_empty(volume() + "/.kist/staging"));
        EXPECT_TRUE(std::filesystem::is_empty(volume() + "/.kist/found"));
    }

    test::TemporaryDirectory top_;
    FixedClock clock_{Timestamp{std::chrono::hours{1000}}};
    int hour_ = 0;
};

}  // namespace kist::backup
