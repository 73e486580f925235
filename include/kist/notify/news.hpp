#pragma once
// What people are told by mail about backups and their upkeep: the words, without how they get there. All names and
// messages come out printable, whatever bytes they hold, and long lists are cut.

#include "kist/base/error.hpp"
#include "kist/base/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::notify {

enum class Task { backup, check, prune, forget };

// How it went with one source that was backed up, or with one volume that was checked or pruned. What is found damaged
// after a backup is the volume's.
struct PartNews {
    std::string name;            // its name, or its path
    std::optional<Error> error;  // why it is not done, or not all of it
    std::string done{};          // in a line, what was; may be empty
    std::uint64_t skipped = 0;   // entries
    std::uint64_t damaged = 0;   // places where damage was found
    // Of what was skipped or damaged: a line each, in which a backslash stands for itself.
    std::vector<std::string> examples{};
};

struct News {
    Task task = Task::backup;
    std::string host;
    std::string volume{};  // that a backup goes to; empty: it is not known
    std::vector<PartNews> parts{};
    std::optional<Error> trouble{};  // that ended everything

    bool has_failed() const;  // something was not done, or is damaged
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

MailText mail_about(const News& news);
MailText overdue_mail(const std::string& host, const std::vector<OverdueSource>& sources, Timestamp now);
MailText test_mail(const std::string& host);

}  // namespace kist::notify
