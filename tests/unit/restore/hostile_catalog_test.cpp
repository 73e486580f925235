// What reads a catalog, or changes what it says, with catalogs that no Kist has written: rotten ones, and such as
// somebody made who wants to be restored to another place. Nothing may crash, take the machine's memory, or write
// anywhere but where it was told to.

#include "kist/base/error.hpp"
#include "kist/repository/check.hpp"
#include "kist/repository/purge.hpp"
#include "kist/repository/repair.hpp"
#include "kist/restore/restore.hpp"

#include "catalog_fixture.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

namespace kist::restore {
namespace {

namespace fs = std::filesystem;
using repository::Repository;
using test::CatalogFixture;

// More on demand: KIST_MUTANTS=10000
unsigned mutant_count() {
    const char* asked = std::getenv("KIST_MUTANTS");
    return asked != nullptr ? static_cast<unsigned>(std::strtoul(asked, nullptr, 10)) : 60;
}

// Folders, files in all places that a content can have, old versions, a symlink and a name that stands twice.
void fill(CatalogFixture& fixture) {
    const auto source = fixture.add_source("/s");
    fixture.add_snapshot(source, Timestamp{std::chrono::hours{1}});
    fixture.add_snapshot(source, Timestamp{std::chrono::hours{2}});
    fixture.add_root(source, 1);
    fixture.add_directory(source, 1, "folder", 2);
    fixture.add_directory(source, 2, "below", 3);
    fixture.add_file(source, 1, "a", "first");
    fixture.add_file(source, 2, "b", "second");
    fixture.add_file(source, 3, "c", std::string(5000, 'c'));
    for (const auto* name : {"old", "older"}) {
        const std::string bytes = name;
        const auto content = fixture.add_content(bytes);
        bytes == "old" ? fixture.place_in_pack(content, bytes) : fixture.place_in_kept(content, bytes);
        auto row = CatalogFixture::file_entry(source, 2, name, content, bytes.size());
        row.last = 1;
        row.metadata.attributes = {{"user.note", "kept"}};
        fixture.add(row);
    }
    auto link = CatalogFixture::entry(source, 1, "link", os::FileType::symlink, 0777);
    link.metadata.symlink_target = "a";
    link.last = 1;
    fixture.add(link);
    fixture.count_entries();
    fixture.database().execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

class Mutation {
  public:
    explicit Mutation(unsigned seed) : random_(seed) {}

    // Bytes anywhere in the database, most of them not in its first page: what is no catalog is soon refused.
    void rot(const std::string& file) {
        auto bytes = test::read_file(file);
        for (auto count = 1 + pick(12); count > 0; --count) {
            const auto begin = pick(8) == 0 ? 0 : std::min<std::size_t>(4096, bytes.size() - 1);
            bytes[begin + pick(bytes.size() - begin)] = static_cast<char>(pick(256));
        }
        test::write_file(file, bytes);
    }

    // Values that the columns can hold, but should not.
    void lie(const std::string& file) {
        auto database = sqlite::Database::open(file, sqlite::OpenMode::read_write);
        for (auto count = 1 + pick(4); count > 0; --count) {
            constexpr std::array kTables{"entry", "entry", "entry", "content", "snapshot", "source", "pack"};
            const std::string table = kTables.at(pick(kTables.size()));
            try {
                database.execute("UPDATE OR REPLACE " + table + " SET " + column_of(database, table) + " = " + value() +
                                 " WHERE rowid = (SELECT rowid FROM " + table + " LIMIT 1 OFFSET " +
                                 std::to_string(pick(4)) + ")");
            } catch (const Error&) {  // a constraint: the next one then
            }
        }
    }

  private:
    std::size_t pick(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }

    std::string column_of(sqlite::Database& database, const std::string& table) {
        std::vector<std::string> columns;
        auto rows = database.prepare("SELECT name FROM pragma_table_info('" + table + "')");
        while (rows.step()) columns.emplace_back(rows.text(0));
        return columns.at(pick(columns.size()));
    }

    std::string value() {
        constexpr std::array kValues{"0",
                                     "1",
                                     "2",
                                     "3",
                                     "-1",
                                     "4611686018427387904",
                                     "-9223372036854775808",
                                     "NULL",
                                     "''",
                                     "'..'",
                                     "'.'",
                                     "'../outside'",
                                     "'../../outside'",
                                     "'/'",
                                     "'/etc'",
                                     "x'00'",
                                     "x'612f62'",
                                     "x'ff000000'",
                                     "randomblob(32)",
                                     "zeroblob(300)",
                                     "1.5",
                                     "'a'"};
        return kValues.at(pick(kValues.size()));
    }

    std::mt19937 random_;
};

class HostileCatalog : public ::testing::TestWithParam<void (Mutation::*)(const std::string&)> {
  protected:
    HostileCatalog() {
        CatalogFixture fixture;
        fill(fixture);
        fs::copy(fixture.repository().path(), good_, fs::copy_options::recursive);
        fs::create_directory(scratch_ / "outside");
        test::write_file(scratch_ / "outside/file", "mine");
    }

    std::string work(const std::string& name) const { return scratch_ / ("work/" + name); }

    template <typename Action>
    static void expect_no_surprise(Action action) {
        try {
            action();
        } catch (const Error&) {  // said clearly
        }
    }

    void use_everything() {
        const auto repository = Repository::open(work("repository"), {});
        auto catalog = repository.open_catalog();
        expect_no_surprise([&] { catalog.inconsistencies(); });
        expect_no_surprise([&] { catalog.stored_totals(); });
        expect_no_surprise([&] { catalog.each_content([](const auto&) {}); });
        expect_no_surprise([&] { check(repository, {}); });
        std::vector<repository::Snapshot> snapshots;
        expect_no_surprise([&] { snapshots = catalog.snapshots(); });
        for (const auto& snapshot : snapshots) expect_no_surprise([&] { bring_back(repository, catalog, snapshot); });
        expect_no_surprise([&] { repair(repository, {}); });
        expect_no_surprise([&] { purge(repository, {*PathPattern::parse("old*"), {1}}); });
        expect_no_surprise([&] { forget(repository, {{1}}); });
        expect_no_surprise([&] { forget(repository, {{2}}); });
    }

    void bring_back(const Repository& repository, repository::Catalog& catalog, const repository::Snapshot& snapshot) {
        RestoreOptions options;
        options.snapshot = snapshot;
        options.path = catalog.source(snapshot.source).path;
        options.target = work("out");
        options.threads = 1;
        constexpr std::array kOverwrite{Overwrite::always, Overwrite::keep_both, Overwrite::if_older};
        options.overwrite = kOverwrite.at(turn_ % kOverwrite.size());
        if (turn_ % 2 == 0) options.deletion = Deletion::regardless;
        if (turn_ % 5 == 0) options.choice.files = {"folder", "a"};
        ++turn_;
        expect_no_surprise([&] { rehearse(repository, options, [](const Step&) {}); });
        restore(repository, options);
    }

    static std::vector<std::string> names_in(const std::string& folder) {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
        std::ranges::sort(names);
        return names;
    }

    void expect_nothing_else_touched() const {
        EXPECT_EQ(names_in(scratch_.path()), (std::vector<std::string>{"good", "outside", "work"}));
        EXPECT_EQ(names_in(scratch_ / "outside"), std::vector<std::string>{"file"});
        EXPECT_EQ(test::read_file(scratch_ / "outside/file"), "mine");
        for (const auto& name : names_in(work(""))) EXPECT_TRUE(name == "repository" || name == "out") << name;
    }

    unsigned turn_ = 0;
    const test::TemporaryDirectory scratch_;
    const std::string good_ = scratch_ / "good";
};

TEST_P(HostileCatalog, DoesNoHarm) {
    for (unsigned seed = 0; seed < mutant_count(); ++seed) {
        SCOPED_TRACE(seed);
        fs::remove_all(scratch_ / "work");
        fs::create_directory(scratch_ / "work");
        fs::copy(good_, work("repository"), fs::copy_options::recursive);
        (Mutation(seed).*GetParam())(work("repository/.kist/catalog.sqlite"));
        expect_no_surprise([&] { use_everything(); });
        expect_nothing_else_touched();
    }
}

INSTANTIATE_TEST_SUITE_P(Mutations, HostileCatalog, ::testing::Values(&Mutation::rot, &Mutation::lie));

}  // namespace
}  // namespace kist::restore
