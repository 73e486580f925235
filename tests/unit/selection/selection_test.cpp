#include "kist/selection/selection.hpp"

#include "kist/base/error.hpp"

#include <gtest/gtest.h>

namespace kist::selection {
namespace {

// The folder that a path's last name stands in, and what the rules say of that name.
bool excludes(const Selection& selection, std::string_view path, bool is_directory = false) {
    auto folder = selection.root();
    for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
        folder = selection.enter(folder, path.substr(0, slash));
        path.remove_prefix(slash + 1);
    }
    return selection.excludes(folder, path, is_directory);
}

Selection with(std::initializer_list<const char*> filters) {
    Selection selection;
    for (const auto* filter : filters) selection.add_filter(filter, "--filter");
    return selection;
}

TEST(Selection, TheFirstRuleThatFitsDecides) {
    const auto rules = with({"+ *.keep.o", "- *.o", "+ x.o"});
    EXPECT_TRUE(excludes(rules, "x.o"));
    EXPECT_TRUE(excludes(rules, "a/x.o"));
    EXPECT_FALSE(excludes(rules, "a/x.keep.o"));
    EXPECT_FALSE(excludes(rules, "a/x.c"));
}

TEST(Selection, ASlashAtTheBeginningMeansTheSource) {
    const auto rules = with({"- /tmp", "- /a/b"});
    EXPECT_TRUE(excludes(rules, "tmp"));
    EXPECT_FALSE(excludes(rules, "a/tmp"));
    EXPECT_TRUE(excludes(rules, "a/b"));
    EXPECT_FALSE(excludes(rules, "x/a/b"));
}

TEST(Selection, AllOfAFolder) {
    const auto rules = with({"- build/***"});
    EXPECT_TRUE(excludes(rules, "a/build", true));
    EXPECT_FALSE(excludes(rules, "a/build"));
    EXPECT_TRUE(excludes(rules, "a/build/x"));
}

TEST(Selection, Negated) {
    const auto rules = with({"-! *.txt"});
    EXPECT_TRUE(excludes(rules, "a"));
    EXPECT_FALSE(excludes(rules, "a.txt"));
}

TEST(Selection, LongNamesAndSeparators) {
    for (const auto* rule : {"exclude a", "exclude,! b", "hide_a", "-_a", "H a"})
        EXPECT_TRUE(excludes(with({rule}), "a"));
    EXPECT_FALSE(excludes(with({"include a", "- *"}), "a"));
    EXPECT_FALSE(excludes(with({"- a", "!"}), "a"));
    EXPECT_TRUE(excludes(with({"- a", "clear", "- b"}), "b"));
}

TEST(Selection, WhatIsNoRuleNamesWhereItStands) {
    for (const auto* rule : {"", "a", "- ", "-", "-x a", "P a", "risk a", "- [a", ": a/b", "-s a", "- a\\"}) {
        try {
            with({rule});
            if (std::string_view(rule) != "- a\\") ADD_FAILURE() << rule;  // a plain backslash is one
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::usage);
            EXPECT_NE(error.message().find("--filter"), std::string::npos) << error.message();
        }
    }
}

TEST(Selection, APlainBackslashIsItself) {
    EXPECT_TRUE(excludes(with({"- a\\b"}), "a\\b"));
    EXPECT_TRUE(excludes(with({"- a\\*b*"}), "a*bc"));
    EXPECT_TRUE(excludes(with({"- a\\b/***"}), "ab", true));
}

class FolderFiles : public ::testing::Test {
  protected:
    Folder at(std::initializer_list<const char*> names) {
        auto folder = selection_.root();
        read(folder, "");
        for (const auto* name : names) {
            folder = selection_.enter(folder, name);
            read(folder, name);
        }
        return folder;
    }
    void read(Folder& folder, const std::string& name) {
        if (const auto file = files_.find(name); file != files_.end())
            selection_.read_rules(folder, ".kistignore", file->second, name + "/.kistignore");
    }

    Selection selection_ = [] {
        Selection selection;
        selection.add_folder_rules({".kistignore", Verdict::exclude, true, true, false});
        return selection;
    }();
    std::map<std::string, std::string> files_;  // by their folder's name
};

TEST_F(FolderFiles, NearerOnesComeFirstAndAreInherited) {
    files_ = {{"", "*.o\n# a comment\n\n; another\n/top\n"}, {"a", "+ keep.o\n"}};
    EXPECT_TRUE(selection_.excludes(at({}), "x.o", false));
    EXPECT_TRUE(selection_.excludes(at({}), "top", false));
    EXPECT_FALSE(selection_.excludes(at({"a"}), "keep.o", false));
    EXPECT_TRUE(selection_.excludes(at({"a"}), "x.o", false));
    EXPECT_FALSE(selection_.excludes(at({"a"}), "top", false));
    EXPECT_FALSE(selection_.excludes(at({"a", "b"}), "keep.o", false));
}

TEST_F(FolderFiles, ASlashAtTheBeginningMeansTheirFolder) {
    files_ = {{"a", "/x\nb/y\na/z\n"}};
    EXPECT_TRUE(selection_.excludes(at({"a"}), "x", false));
    EXPECT_FALSE(selection_.excludes(at({"a", "b"}), "x", false));
    EXPECT_TRUE(selection_.excludes(at({"a", "b"}), "y", false));
    EXPECT_TRUE(selection_.excludes(at({"a"}), "z", false)) << "the path from the source on";
}

TEST_F(FolderFiles, ClearForgetsThoseAbove) {
    files_ = {{"", "*.o\n"}, {"a", "!\n"}};
    EXPECT_FALSE(selection_.excludes(at({"a"}), "x.o", false));
    const auto top = at({});
    const auto* rule = selection_.find(top, "x.o", false);
    ASSERT_NE(rule, nullptr);
    EXPECT_EQ(rule->origin, "/.kistignore:1");
    EXPECT_EQ(rule->text(), "- *.o");
}

TEST(Selection, DefaultsComeLast) {
    Selection selection;
    selection.add(Verdict::include, ".cache/", "--include");
    selection.add_defaults();
    EXPECT_FALSE(excludes(selection, ".cache", true));
    EXPECT_TRUE(excludes(selection, ".local/share/Trash", true));
    EXPECT_TRUE(excludes(selection, ".mozilla/firefox/abc.default/cache2", true));
    EXPECT_FALSE(excludes(selection, "Documents/Cache", true));
    EXPECT_TRUE(excludes(selection, ".config/chromium/Default/Cache", true));
}

}  // namespace
}  // namespace kist::selection
