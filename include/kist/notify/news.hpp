#pragma once
// What people are told by mail about backups: the words, without how they get there. All names and messages come out
// printable, whatever bytes they hold, and long lists are cut.

#include "kist/base/error.hpp"
#include "kist/base/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::notify {

struct SkippedEntry {
    std::string path;
    std::string reason;
};

// How the backup of one source went.
struct SourceNews {
    std::string source;          // its name, or its path
    std::optional<Error> error;  // why there is no new snapshot, or not of all its paths
    std::vector<std::int64_t> snapshots{};
    std::uint64_t skipped = 0;
    std::vector<SkippedEntry> examples{};  // of what was skipped
};

struct BackupNews {
    std::string host;
    std::string volume;  // empty: it is not known
    std::vector<SourceNews> sources{};
    std::optional<Error> trouble{};  // that ended everything

    bool has_failed() const;
    bool has_skipped() const;
};

// A source that has not been backed up for too long.
struct OverdueSource {
    std::string source;
    std::optional<Timestamp> last;  // nullopt: never, as far as this machine knows
};

struct MailText {
    std::string subject;
    std::string text;
};

MailText backup_mail(const BackupNews& news);
MailText overdue_mail(const std::string& host, const std::vector<OverdueSource>& sources, Timestamp now);
MailText test_mail(const std::string& host);

}  // namespace kist::notify
