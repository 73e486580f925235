#include "kist/repository/name_scan.hpp"

#include "catalog_fixture.hpp"

#include <gmock/gmock.h>

namespace kist::repository {
namespace {

using test::CatalogFixture;
using testing::ElementsAre;
using testing::IsEmpty;

class NameScanTest : public testing::Test {
  protected:
    NameScanTest() {
        for (int number = 0; number < 5; ++number) fixture.add_snapshot(source);
        fixture.add_root(source, 1);
    }

    EntryId add_file(const std::string& name, std::uint64_t size, SnapshotNumber first, SnapshotNumber last) {
        auto entry = CatalogFixture::file_entry(source, 1, name, fixture.add_content(name), size);
        entry.first = first;
        if (last != 0) entry.last = last;
        return fixture.add(entry).id;
    }

    std::vector<EntryId> fitting(const RowConditions& conditions) {
        auto catalog = fixture.repository().open_catalog();
        return NameScan(catalog).rows_that_fit(conditions);
    }

    CatalogFixture fixture;
    Source source = fixture.add_source("/s");
};

TEST_F(NameScanTest, RowsFitAllConditions) {
    const auto small = add_file("small", 10, 1, 2);
    const auto middle = add_file("middle", 20, 2, 0);
    const auto large = add_file("large", 30, 3, 0);
    EXPECT_THAT(fitting({.types = {os::FileType::regular}}), ElementsAre(small, middle, large));
    EXPECT_THAT(fitting({.smallest = 20}), ElementsAre(middle, large));
    EXPECT_THAT(fitting({.smallest = 10, .largest = 20}), ElementsAre(small, middle));
    EXPECT_THAT(fitting({.largest = ~std::uint64_t{0}}), ElementsAre(small, middle, large));
    EXPECT_THAT(fitting({.types = {os::FileType::regular}, .in_snapshot = 2}), ElementsAre(small, middle));
    EXPECT_THAT(fitting({.since = 3}), ElementsAre(large));
    const auto time = CatalogFixture::entry(source, 1, "", os::FileType::regular, 0).metadata.mtime;
    EXPECT_THAT(fitting({.after = time}), IsEmpty());
    EXPECT_THAT(fitting({.largest = 10, .until = time}), ElementsAre(small));
}

TEST_F(NameScanTest, OnlyWantedRowsAreRead) {
    add_file("a", 1, 1, 0);
    const auto b = add_file("b", 1, 1, 0);
    auto catalog = fixture.repository().open_catalog();
    std::vector<std::string> asked;
    std::vector<EntryId> read;
    NameScan(catalog).scan(
        [&](const NamedRow& row) {
            asked.emplace_back(row.name);
            return row.id == b;
        },
        [&](Entry&& entry) { read.push_back(entry.id); });
    EXPECT_THAT(asked, ElementsAre("/s", "a", "b"));
    EXPECT_THAT(read, ElementsAre(b));
}

TEST_F(NameScanTest, ChosenRowsComeAsAmongAll) {
    const auto late = add_file("b", 1, 3, 0);
    const auto early = add_file("b", 1, 1, 2);
    const auto other = add_file("a", 1, 1, 0);
    add_file("c", 1, 1, 0);
    auto catalog = fixture.repository().open_catalog();
    NameScan scan(catalog);
    const auto read_by = [](const auto& scan_rows) {
        std::vector<EntryId> read;
        scan_rows([](const NamedRow& row) { return row.name != "c"; },
                  [&](Entry&& entry) { read.push_back(entry.id); });
        return read;
    };
    const std::vector<EntryId> chosen{late, early, other};
    const auto few = read_by([&](const auto& is_wanted, const auto& visit) { scan.scan(chosen, is_wanted, visit); });
    const auto all = read_by([&](const auto& is_wanted, const auto& visit) {
        scan.scan([&](const NamedRow& row) { return row.name != "/s" && is_wanted(row); }, visit);
    });
    EXPECT_EQ(few, all);
    EXPECT_THAT(few, ElementsAre(other, late, early));
}

TEST_F(NameScanTest, AFolderHasThePathsOfAllItsRows) {
    fixture.add_directory(source, 1, "old", 2);
    fixture.add_directory(source, 1, "new", 2);
    fixture.add_directory(source, 2, "below", 3);
    fixture.add_directory(source, 5, "round", 4);
    fixture.add_directory(source, 4, "round", 5);
    auto catalog = fixture.repository().open_catalog();
    NameScan scan(catalog);
    EXPECT_THAT(scan.possible_paths(1), ElementsAre("/s"));
    EXPECT_THAT(scan.possible_paths(3), testing::UnorderedElementsAre("/s/old/below", "/s/new/below"));
    EXPECT_THAT(scan.possible_paths(4), IsEmpty()) << "it has no way up";
    EXPECT_THAT(scan.possible_paths(99), IsEmpty());
}

}  // namespace
}  // namespace kist::repository
