#include "kist/base/error.hpp"
#include "kist/look/path_log.hpp"
#include "kist/os/directory.hpp"

#include "cli/colour.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/entry_text.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

using look::Event;
using look::Version;

const char* event_text(Event event) {
    switch (event) {
        case Event::appeared:
            return "appeared";
        case Event::changed:
            return "changed";
        case Event::gone:
            return "gone";
    }
    return "unknown";
}

Colour colour_of(Event event) {
    return event == Event::gone ? Colour::red : event == Event::appeared ? Colour::green : Colour::none;
}

class Log : public Command {
  public:
    void declare(Options& options) override {
        options.argument("[SNAPSHOT:]PATH", what_, "A file or folder, up to this snapshot (default: the newest)",
                         Presence::required);
        filter_.declare(options);
        options.footer(
            "Examples:\n  kist log /home/user/notes.txt\n  kist log 12:/home/user/Documents\n\n"
            "Each line is a version with the first snapshot that has it, the newest first. Where it is certain that "
            "the "
            "file was\nrenamed, its versions under the names before are listed too. `kist cat SNAPSHOT:PATH` shows "
            "one, "
            "`kist restore` brings it back.");
    }

    bool is_for_reading() const override { return true; }

    ExitCode run(Context& context) override {
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const auto choice = choose_path(catalog, what_, filter_, context.clock.now());
            repository::Timeline timeline(catalog, choice.source);
            const auto versions = look::log_of(timeline, choice.path, timeline.position(choice.snapshot.number));
            if (versions.empty()) throw nothing_there(choice);
            context.json() ? print_json(context, timeline, versions) : print_table(context, timeline, versions);
            return ExitCode::done;
        });
    }

  private:
    static Error nothing_there(const SnapshotChoice& choice) {
        return {ErrorCode::not_found,
                fmt::format("no snapshot of {} up to {} holds {}", os::printable(choice.source.path),
                            choice.snapshot.number, os::printable(choice.path)),
                "`kist ls -R SNAPSHOT` shows all that one holds."};
    }

    static void print_json(Context& context, const repository::Timeline& timeline,
                           const std::vector<Version>& versions) {
        for (const auto& version : versions) {
            const auto& snapshot = timeline.snapshots().at(version.first);
            Json line = version.entry ? entry_json(*version.entry, version.path) : Json{};
            line["type"] = "version";
            if (!version.entry) put_path(line, "path", version.path);
            line["snapshot"] = snapshot.number;
            line["time"] = to_rfc3339(snapshot.time);
            if (version.entry) line["last_snapshot"] = timeline.snapshots().at(version.last).number;
            line["event"] = event_text(version.event);
            line["changed"] = version.difference.words();
            if (version.renamed_from) put_path(line, "renamed_from", *version.renamed_from);
            if (version.renamed_to) put_path(line, "renamed_to", *version.renamed_to);
            context.output.json(line);
        }
    }

    static void print_table(Context& context, const repository::Timeline& timeline,
                            const std::vector<Version>& versions) {
        Table table({{"SNAPSHOT", Align::right}, {"TIME"}, {"SIZE", Align::right}, {"MODIFIED"}, {"CHANGE"}});
        const auto* path = &versions.front().path;
        for (const auto& version : versions) {
            const auto& snapshot = timeline.snapshots().at(version.first);
            auto change = change_text(version);
            if (version.path != *path) change += " (as " + os::printable(version.path) + ")";
            const auto* metadata = version.entry ? &version.entry->metadata : nullptr;
            table.add({std::to_string(snapshot.number), local_time(snapshot.time),
                       metadata != nullptr ? size_text(*metadata) : "",
                       metadata != nullptr ? local_time(metadata->mtime) : "",
                       coloured(context.output, colour_of(version.event), change)});
        }
        for (const auto& line : table.lines()) context.output.line(line);
    }

    static std::string change_text(const Version& version) {
        if (version.event == Event::gone)
            return version.renamed_to ? "renamed to " + os::printable(*version.renamed_to) : "gone";
        std::vector<std::string> parts;
        if (version.renamed_from)
            parts.push_back("renamed from " + os::printable(*version.renamed_from));
        else if (version.event == Event::appeared)
            parts.emplace_back("appeared");
        for (auto& word : version.difference.words()) parts.push_back(std::move(word));
        return fmt::format("{}", fmt::join(parts, ", "));
    }

    std::string what_;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_log() {
    return std::make_unique<Log>();
}

}  // namespace kist::cli
