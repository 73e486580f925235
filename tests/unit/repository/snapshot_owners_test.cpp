#include "kist/repository/snapshot_owners.hpp"

#include "catalog_fixture.hpp"

#include <gtest/gtest.h>

namespace kist::repository {
namespace {

TEST(SnapshotOwners, CountsWhatEachSnapshotHolds) {
    test::CatalogFixture fixture;
    const auto source = fixture.add_source("/s");
    const auto first = fixture.add_snapshot(source);
    const auto second = fixture.add_snapshot(source);
    const auto add = [&](const char* name, const char* user, std::uint32_t uid, std::optional<SnapshotNumber> last) {
        auto row = fixture.file_entry(source, 1, name, fixture.add_content(name), 1);
        row.metadata.user = user;
        row.metadata.uid = uid;
        row.metadata.group = "staff";
        row.metadata.gid = 50;
        row.last = last;
        fixture.add(row);
    };
    add("a", "anna", 1000, std::nullopt);
    add("b", "anna", 1000, first.number);
    add("c", "", 4711, std::nullopt);
    const auto newest = owners_of(fixture.repository(), {second});
    EXPECT_EQ(newest.users, (std::vector<OwnerShare>{{"", 4711, 1}, {"anna", 1000, 1}}));
    EXPECT_EQ(newest.groups, (std::vector<OwnerShare>{{"staff", 50, 2}}));
    EXPECT_EQ(owners_of(fixture.repository(), {first, second}).users,
              (std::vector<OwnerShare>{{"", 4711, 2}, {"anna", 1000, 3}}));
    EXPECT_TRUE(owners_of(fixture.repository(), {}).users.empty());
}

}  // namespace
}  // namespace kist::repository
