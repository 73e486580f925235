#include "kist/repository/snapshot_name.hpp"

#include "kist/base/error.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <stdlib.h>
#include <time.h>

namespace kist::repository {
namespace {

using ::testing::HasSubstr;

// Local time is what TZ says while this lives.
class TimeZone {
  public:
    explicit TimeZone(const char* name) {
        if (const char* before = getenv("TZ")) before_ = before;
        setenv("TZ", name, 1);
        tzset();
    }
    TimeZone(const TimeZone&) = delete;
    TimeZone& operator=(const TimeZone&) = delete;
    ~TimeZone() {
        before_.empty() ? unsetenv("TZ") : setenv("TZ", before_.c_str(), 1);
        tzset();
    }

  private:
    std::string before_;
};

// "2026-11-20T08:15:00Z", exactly.
Timestamp utc(const std::string& text) {
    const auto time = parse_time(text, {});
    if (!time) throw std::runtime_error(text);
    return *time;
}

constexpr std::chrono::nanoseconds kTick{1};

std::string understood(std::string_view text, Timestamp now = {}) {
    const auto time = parse_time(text, now);
    return time ? to_rfc3339(*time) : "not a time";
}

TEST(ParseTime, UnderstandsRfc3339) {
    const TimeZone berlin("Europe/Berlin");
    EXPECT_EQ(understood("1970-01-01T00:00:00Z"), "1970-01-01T00:00:00Z");
    EXPECT_EQ(utc("1970-01-01T00:00:01Z").time_since_epoch(), std::chrono::seconds(1));
    EXPECT_EQ(utc("1970-01-01T00:00:00.5Z").time_since_epoch(), std::chrono::milliseconds(500));
    EXPECT_EQ(utc("1970-01-01T00:00:00.000000001Z").time_since_epoch(), kTick);
    EXPECT_EQ(understood("2026-11-20t08:15:00z"), "2026-11-20T08:15:00Z");
    EXPECT_EQ(understood("2026-11-20T08:15:00+01:00"), "2026-11-20T07:15:00Z");
    EXPECT_EQ(understood("2026-11-20T23:15:00-05:30"), "2026-11-21T04:45:00Z");
    EXPECT_EQ(understood("1969-12-31T23:59:59Z"), "1969-12-31T23:59:59Z");
}

TEST(ParseTime, IsInTheCallersTimeZone) {
    {
        const TimeZone berlin("Europe/Berlin");
        EXPECT_EQ(understood("2026-11-20 14:30"), "2026-11-20T13:30:00Z");
        EXPECT_EQ(understood("2026-07-20 14:30:05"), "2026-07-20T12:30:05Z");
        EXPECT_EQ(understood("2026-07-20T14:30:05"), "2026-07-20T12:30:05Z");
        EXPECT_EQ(parse_time("2026-11-20", {}), utc("2026-11-20T23:00:00Z") - kTick);
    }
    const TimeZone tokyo("Asia/Tokyo");
    EXPECT_EQ(understood("2026-11-20 14:30"), "2026-11-20T05:30:00Z");
    EXPECT_EQ(parse_time("2026-11-20", {}), utc("2026-11-20T15:00:00Z") - kTick);
}

TEST(ParseTime, DaysOfOtherLengthsWhenClocksChange) {
    const TimeZone berlin("Europe/Berlin");
    EXPECT_EQ(parse_time("2026-03-29", {}), utc("2026-03-29T22:00:00Z") - kTick);  // 23 hours
    EXPECT_EQ(parse_time("2026-10-25", {}), utc("2026-10-25T23:00:00Z") - kTick);  // 25 hours
    EXPECT_EQ(understood("2026-03-29 01:59"), "2026-03-29T00:59:00Z");
    EXPECT_EQ(understood("2026-03-29 03:00"), "2026-03-29T01:00:00Z");
    EXPECT_EQ(understood("2026-10-25 02:30"), "2026-10-25T00:30:00Z");  // twice: the first
    EXPECT_EQ(understood("2026-10-25 03:00"), "2026-10-25T02:00:00Z");
    EXPECT_NE(understood("2026-03-29 02:30"), "not a time");  // never: something near it
}

TEST(ParseTime, ADayMayBeginAfterMidnight) {
    const TimeZone beirut("Asia/Beirut");  // clocks go forward at midnight: 2022-03-27 began at 01:00
    EXPECT_EQ(parse_time("2022-03-26", {}), utc("2022-03-26T22:00:00Z") - kTick);
    EXPECT_EQ(parse_time("2022-03-27", {}), utc("2022-03-27T21:00:00Z") - kTick);
}

TEST(ParseTime, ADayMayBeMissing) {
    const TimeZone samoa("Pacific/Apia");  // 2011-12-30 was left out
    EXPECT_EQ(parse_time("2011-12-29", {}), utc("2011-12-30T10:00:00Z") - kTick);
}

TEST(ParseTime, UnderstandsWordsAndAges) {
    const TimeZone berlin("Europe/Berlin");
    const auto now = utc("2026-11-20T23:30:00Z");  // 00:30 on the 21st here
    EXPECT_EQ(understood("now", now), "2026-11-20T23:30:00Z");
    EXPECT_EQ(parse_time("today", now), utc("2026-11-21T23:00:00Z") - kTick);
    EXPECT_EQ(parse_time("yesterday", now), utc("2026-11-20T23:00:00Z") - kTick);
    EXPECT_EQ(parse_time("1 day ago", now), parse_time("yesterday", now));
    EXPECT_EQ(parse_time("3 days ago", now), utc("2026-11-18T23:00:00Z") - kTick);
    EXPECT_EQ(parse_time("2 weeks ago", now), utc("2026-11-07T23:00:00Z") - kTick);
    EXPECT_EQ(parse_time("0 days ago", now), parse_time("today", now));
    EXPECT_EQ(understood("90 minutes ago", now), "2026-11-20T22:00:00Z");
    EXPECT_EQ(understood("5 seconds ago", now), "2026-11-20T23:29:55Z");
    EXPECT_EQ(understood("24 hours ago", now), "2026-11-19T23:30:00Z");
    EXPECT_EQ(parse_time("6 months ago", now), utc("2026-05-21T22:00:00Z") - kTick);
    EXPECT_EQ(parse_time("1 year ago", now), utc("2025-11-21T23:00:00Z") - kTick);
}

TEST(ParseTime, MonthsEndAtTheirLastDay) {
    const TimeZone zone("UTC");
    EXPECT_EQ(understood("1 month ago", utc("2026-03-31T12:00:00Z")), "2026-02-28T23:59:59Z");
    EXPECT_EQ(understood("1 month ago", utc("2026-01-15T12:00:00Z")), "2025-12-15T23:59:59Z");
    EXPECT_EQ(understood("1 year ago", utc("2024-02-29T12:00:00Z")), "2023-02-28T23:59:59Z");
}

TEST(ParseTime, RefusesWhatIsNoTime) {
    for (const auto* text : {"",
                             "x",
                             "12",
                             "2026",
                             "2026-1-2",
                             "2026-13-01",
                             "2026-02-30",
                             "2026-00-10",
                             "2026-11-00",
                             "2026-11-20 ",
                             "2026-11-20 24:00",
                             "2026-11-20 12:60",
                             "2026-11-20 12",
                             "2026-11-20 12:3",
                             "2026-11-20T12:30:60Z",
                             "2026-11-20T12:30:00+1:00",
                             "2026-11-20T12:30:00.Z",
                             "2026-11-20T12:30:00.0123456789Z",
                             "2026-11-20Z",
                             "20261120",
                             "1600-01-01",
                             "2300-01-01",
                             "days ago",
                             "3 days",
                             "3 ago",
                             "3 fortnights ago",
                             "-3 days ago",
                             "3 daysago",
                             "99999999 days ago",
                             "999999 years ago",
                             "Yesterday",
                             "yesterday ",
                             "+2026-11-20"})
        EXPECT_EQ(understood(text), "not a time") << text;
}

TEST(ParseSnapshotPath, EndsTheSnapshotAtTheFirstColonSlash) {
    const auto parsed = [](std::string_view text) {
        const auto [snapshot, path] = parse_snapshot_path(text);
        return snapshot + "|" + path.value_or("none");
    };
    EXPECT_EQ(parsed("latest"), "latest|none");
    EXPECT_EQ(parsed("latest:/home/user"), "latest|/home/user");
    EXPECT_EQ(parsed("12:/"), "12|/");
    EXPECT_EQ(parsed("12:/a:/b"), "12|/a:/b");
    EXPECT_EQ(parsed("2026-11-20 14:30"), "2026-11-20 14:30|none");
    EXPECT_EQ(parsed("2026-11-20 14:30:/etc"), "2026-11-20 14:30|/etc");
    EXPECT_EQ(parsed("2026-11-20T14:30:00+01:00:/etc"), "2026-11-20T14:30:00+01:00|/etc");
    EXPECT_EQ(parsed("latest~2:/home//user/./x/"), "latest~2|/home/user/x");
    EXPECT_EQ(parsed("3 days ago:/a b/"), "3 days ago|/a b");
}

TEST(ParseSnapshotPath, ShowsTheAbsoluteFormOfARelativePath) {
    for (const auto& [text, shown] :
         {std::pair{"latest:notes.txt", "latest:/"}, {"2026-11-20 14:30:notes.txt", "14:30:/"}}) {
        try {
            parse_snapshot_path(text);
            ADD_FAILURE() << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::usage);
            EXPECT_THAT(error.hint(), HasSubstr(shown));
            EXPECT_THAT(error.hint(), HasSubstr("/notes.txt"));
        }
    }
}

TEST(ParseSnapshotPath, RefusesDotDot) {
    EXPECT_THROW(parse_snapshot_path("latest:/a/../b"), Error);
    EXPECT_EQ(parse_snapshot_path("latest:/a/..b").path, "/a/..b");
}

class ResolveSnapshot : public ::testing::Test {
  protected:
    static Snapshot snapshot(SnapshotNumber number, SourceId source, const std::string& time) {
        Snapshot made;
        made.number = number;
        made.source = source;
        made.time = utc(time);
        return made;
    }
    SnapshotNumber resolve(const std::string& name, const std::optional<std::string>& path = {},
                           const std::string& source = "", const std::string& host = "") {
        return resolve_snapshot({name, path, source, host}, sources, snapshots, now).number;
    }
    std::optional<Error> error_of(const std::function<void()>& action) {
        try {
            action();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return std::nullopt;
    }

    const TimeZone zone{"UTC"};
    std::vector<Source> sources{{1, "here", "/home/user", "home"},
                                {2, "here", "/etc", ""},
                                {3, "there", "/home/user", ""},
                                {4, "there", "/srv", ""},
                                {5, "here", "/unused", ""}};
    std::vector<Snapshot> snapshots{snapshot(1, 1, "2026-11-18T10:00:00Z"),   snapshot(2, 2, "2026-11-18T11:00:00Z"),
                                    snapshot(3, 1, "2026-11-19T10:00:30.5Z"), snapshot(4, 3, "2026-11-19T12:00:00Z"),
                                    snapshot(5, 4, "2026-11-20T08:00:00Z"),   snapshot(7, 1, "2026-11-20T09:00:00Z")};
    const Timestamp now = utc("2026-11-20T12:00:00Z");
};

TEST_F(ResolveSnapshot, ANumberIsANumber) {
    EXPECT_EQ(resolve("3"), 3);
    EXPECT_EQ(resolve("4", "/home/user/x", "home", "here"), 4);
    EXPECT_EQ(error_of([&] { resolve("6"); })->code(), ErrorCode::not_found);
    EXPECT_EQ(error_of([&] { resolve("99999999999999999999"); })->code(), ErrorCode::usage);
}

TEST_F(ResolveSnapshot, LatestCountsWithinTheSourceThatHoldsThePath) {
    EXPECT_EQ(resolve("latest", "/home/user", "", "here"), 7);
    EXPECT_EQ(resolve("latest", "/home/user/a/b", "", "here"), 7);
    EXPECT_EQ(resolve("latest~1", "/home/user", "", "here"), 3);
    EXPECT_EQ(resolve("latest~2", "/home/user", "", "here"), 1);
    EXPECT_EQ(resolve("latest", "/etc/fstab", "", "here"), 2);
    EXPECT_EQ(resolve("latest", "/home/user", "", "there"), 4);
    EXPECT_EQ(error_of([&] { resolve("latest~3", "/home/user", "", "here"); })->code(), ErrorCode::not_found);
    EXPECT_EQ(error_of([&] { resolve("latest", "/home/user2", "", "here"); })->code(), ErrorCode::not_found);
    EXPECT_EQ(error_of([&] { resolve("latest", "/home", "", "here"); })->code(), ErrorCode::not_found);
}

TEST_F(ResolveSnapshot, ANewMachineFindsWhatOnlyOneOtherHolds) {
    EXPECT_EQ(resolve("latest", "/srv/x", "", "new"), 5);
    const auto ambiguous = error_of([&] { resolve("latest", "/home/user", "", "new"); });
    EXPECT_EQ(ambiguous->code(), ErrorCode::usage);
    EXPECT_THAT(ambiguous->message(), HasSubstr("here:/home/user, there:/home/user"));
}

TEST_F(ResolveSnapshot, WithoutAPathThereMustBeOneSource) {
    const auto ambiguous = error_of([&] { resolve("latest"); });
    EXPECT_EQ(ambiguous->code(), ErrorCode::usage);
    EXPECT_THAT(ambiguous->message(), HasSubstr("here:/etc"));
    EXPECT_EQ(resolve("latest", {}, "home"), 7);
    EXPECT_EQ(resolve("latest", {}, "/etc"), 2);
    EXPECT_EQ(resolve("latest", {}, "/home/user", "there"), 4);
    EXPECT_EQ(error_of([&] { resolve("latest", {}, "none"); })->code(), ErrorCode::not_found);
    snapshots = {snapshot(9, 2, "2026-11-18T11:00:00Z")};
    EXPECT_EQ(resolve("latest"), 9);
    snapshots.clear();
    EXPECT_EQ(error_of([&] { resolve("latest"); })->code(), ErrorCode::not_found);
}

TEST_F(ResolveSnapshot, ADateIsTheNewestNotAfterIt) {
    const auto home = [&](const std::string& name) { return resolve(name, "/home/user", "", "here"); };
    EXPECT_EQ(home("2026-11-20"), 7);
    EXPECT_EQ(home("yesterday"), 3);
    EXPECT_EQ(home("2 days ago"), 1);
    EXPECT_EQ(home("today"), 7);
    EXPECT_EQ(home("4 hours ago"), 3);
    EXPECT_EQ(home("2026-11-20 08:59"), 3);
    EXPECT_EQ(home("2027-01-01"), 7);
    const auto too_old = error_of([&] { home("2026-11-17"); });
    EXPECT_EQ(too_old->code(), ErrorCode::not_found);
    EXPECT_THAT(too_old->message(), HasSubstr("2026-11-18T10:00:00Z"));
}

TEST_F(ResolveSnapshot, ATimeThatIsShownFindsItsSnapshot) {
    const auto home = [&](const std::string& name) { return resolve(name, "/home/user", "", "here"); };
    EXPECT_EQ(home("2026-11-19T10:00:30Z"), 3);  // it was taken half a second later
    EXPECT_EQ(home("2026-11-19 10:00"), 3);
    EXPECT_EQ(home("2026-11-19T10:00:30.4Z"), 1);
    EXPECT_EQ(home("2026-11-19T10:00:30.5Z"), 3);
    EXPECT_EQ(home("2026-11-19T10:00:29Z"), 1);
}

TEST_F(ResolveSnapshot, ASourcesNameIsItsLatest) {
    EXPECT_EQ(resolve("home"), 7);
    EXPECT_EQ(resolve("home~2"), 1);
    EXPECT_EQ(resolve("home", "/home/user/a", "", "here"), 7);
    EXPECT_EQ(error_of([&] { resolve("home", "/etc/fstab", "", "here"); })->code(), ErrorCode::not_found);
    EXPECT_EQ(error_of([&] { resolve("home", {}, "/etc"); })->code(), ErrorCode::usage);
    EXPECT_EQ(error_of([&] { resolve("homes"); })->code(), ErrorCode::usage);
    EXPECT_EQ(error_of([&] { resolve("home~x"); })->code(), ErrorCode::usage);
    sources[2].name = "home";
    EXPECT_EQ(error_of([&] { resolve("home"); })->code(), ErrorCode::usage) << "on two hosts";
    EXPECT_EQ(resolve_snapshot({"home", {}, "", "", "there"}, sources, snapshots, now).number, 4);
    EXPECT_EQ(resolve_snapshot({"home", {}, "", "here", "there"}, sources, snapshots, now).number, 7);
    EXPECT_EQ(error_of([&] {
                  resolve_snapshot({"latest", {}, "", "", "there"}, sources, snapshots, now);
              })->code(),
              ErrorCode::usage)
        << "only a source's name prefers a host";
}

TEST_F(ResolveSnapshot, WhatIsNoNameIsSaid) {
    for (const auto* name : {"", "newest", "latest~", "latest~x", "latest~-1", "latests", "-1", "1x"})
        EXPECT_EQ(error_of([&] { resolve(name); })->code(), ErrorCode::usage) << name;
}

}  // namespace
}  // namespace kist::repository
