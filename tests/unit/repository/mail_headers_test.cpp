#include "kist/repository/mail_headers.hpp"

#include "catalog_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace kist::repository {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class MailHeadersTest : public ::testing::Test {
  protected:
    MailHeadersTest() {
        fixture.add_snapshot(source);
        fixture.add_root(source, 1);
    }
    ContentId add(const char* name, const char* bytes) {
        const auto content = fixture.add_content(bytes);
        fixture.add(fixture.file_entry(source, 1, name, content, std::string_view(bytes).size()));
        return content;
    }
    std::optional<MailHeader> find(ContentId content) {
        auto catalog = fixture.repository().open_catalog();
        return MailHeaders(catalog).find(content);
    }

    test::CatalogFixture fixture;
    Source source = fixture.add_source("/anna", "mail:");
    const MailHeader header{"from", "to", "subject", "<id>"};
};

TEST_F(MailHeadersTest, AreNotThereBeforeTheyAreWritten) {
    const auto content = add("a", "text");
    EXPECT_EQ(find(content), std::nullopt);
    MailHeaderWriter writer(fixture.repository());
    EXPECT_EQ(find(content), std::nullopt);
    writer.put(content, header);
    EXPECT_EQ(find(content), std::nullopt);  // before the commit
    writer.commit();
    EXPECT_EQ(find(content), header);
}

TEST_F(MailHeadersTest, AreMissingOnceForEachContentThatStands) {
    const auto first = add("a", "text");
    add("b", "text");
    const auto second = add("c", "other");
    MailHeaderWriter writer(fixture.repository());
    EXPECT_THAT(writer.missing(1), UnorderedElementsAre(first, second));
    writer.put(first, header);
    EXPECT_THAT(writer.missing(1), ElementsAre(second));
    EXPECT_THAT(writer.missing(2), IsEmpty());
}

TEST_F(MailHeadersTest, GoWithTheirContent) {
    const auto content = add("a", "text");
    {
        MailHeaderWriter writer(fixture.repository());
        writer.put(content, header);
        writer.commit();
    }
    fixture.database().execute(
        fmt::format("DELETE FROM entry WHERE content = {0}; DELETE FROM content WHERE id = {0}", content));
    EXPECT_EQ(find(content), std::nullopt);
    auto rows = fixture.database().prepare("SELECT count(*) FROM mail_header");
    rows.step();
    EXPECT_EQ(rows.integer(0), 0);
}

TEST_F(MailHeadersTest, AreNotWrittenWithoutACommit) {
    const auto content = add("a", "text");
    {
        MailHeaderWriter writer(fixture.repository());
        writer.put(content, header);
    }
    EXPECT_EQ(find(content), std::nullopt);
}

}  // namespace
}  // namespace kist::repository
