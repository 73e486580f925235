#include "look/hit_order.hpp"

#include "catalog_fixture.hpp"

#include <gmock/gmock.h>

namespace kist::look {
namespace {

using testing::ElementsAre;

class HitOrderTest : public testing::Test {
  protected:
    std::vector<std::string> pass(std::size_t most, const std::vector<std::string>& paths) {
        auto catalog = fixture.repository().open_catalog();
        const repository::Timeline timeline(catalog, source);
        std::vector<std::string> seen;
        const HitOrder::Visit visit = [&](const repository::Timeline&, Hit&& hit) { seen.push_back(hit.path); };
        HitOrder order(most, visit);
        for (const auto& path : paths) {
            Hit hit;
            hit.path = path;
            order.add(timeline, std::move(hit));
        }
        order.finish();
        return seen;
    }

    test::CatalogFixture fixture;
    repository::Source source = fixture.add_source("/s");
};

TEST_F(HitOrderTest, UpToSoManyAreSorted) {
    EXPECT_THAT(pass(3, {"/c", "/a", "/b"}), ElementsAre("/a", "/b", "/c"));
    EXPECT_THAT(pass(3, {}), ElementsAre());
}

TEST_F(HitOrderTest, MoreGoOnAsTheyCome) {
    EXPECT_THAT(pass(3, {"/c", "/a", "/b", "/e", "/d"}), ElementsAre("/c", "/a", "/b", "/e", "/d"));
}

}  // namespace
}  // namespace kist::look
