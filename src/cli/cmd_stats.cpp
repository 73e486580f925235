#include "kist/os/directory.hpp"
#include "kist/repository/usage.hpp"

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using repository::FolderHistory;
using repository::Growth;
using repository::Snapshot;
using repository::Source;
using repository::SourceId;

struct SourceUsage {
    Source source;
    std::vector<Snapshot> snapshots;  // oldest first
    ByteCount history;
};
using Usages = std::map<SourceId, SourceUsage>;

class Stats : public Command {
  public:
    void declare(Options& options) override {
        options.number("--top", "N", top_, "How many folders to show (default: 10)");
        filter_.declare(options);
        options.footer(
            "What takes space on the volume; per source how much is in the newest snapshot and in older contents; what "
            "each\nsnapshot brought that was new; and the folders for whose files most is kept in history.\n"
            "--source and --host choose among sources; the space is always the whole volume's.");
    }

    bool is_for_reading() const override { return true; }

    ExitCode run(Context& context) override {
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const repository::Catalog::Reading reading(catalog);
            auto usages = usages_of(catalog);
            auto folders = repository::history_by_folder(catalog);
            std::erase_if(folders, [&](const FolderHistory& folder) { return !usages.contains(folder.source); });
            for (const auto& folder : folders) usages.at(folder.source).history += folder.bytes;
            folders.resize(std::min(folders.size(), static_cast<std::size_t>(top_)));
            print_space(context, repository::space_usage(repository, catalog));
            print_sources(context, usages);
            print_growth(context, usages, repository::growth(catalog));
            print_folders(context, usages, folders);
            return ExitCode::done;
        });
    }

  private:
    Usages usages_of(repository::Catalog& catalog) const {
        Usages usages;
        for (auto& source : catalog.sources())
            if (filter_.fits(source)) usages[source.id].source = std::move(source);
        for (auto& snapshot : catalog.snapshots())
            if (const auto usage = usages.find(snapshot.source); usage != usages.end())
                usage->second.snapshots.push_back(std::move(snapshot));
        std::erase_if(usages, [](const auto& usage) { return usage.second.snapshots.empty(); });
        return usages;
    }

    static void print_space(Context& context, const repository::SpaceUsage& usage) {
        const std::vector<std::tuple<const char*, const char*, ByteCount>> parts{
            {"latest", "latest/, the newest backups", usage.latest},
            {"packs", "history in packs", usage.packs},
            {"kept", "history, large files", usage.kept},
            {"catalog", "catalog", usage.catalog},
            {"signatures", "signatures (a cache)", usage.signatures},
            {"staging", "staged for the next run", usage.staging},
            {"reserve", "reserve", usage.reserve},
            {"found", "found in the way", usage.found},
            {"free", "free", usage.free},
            {"total", "the volume's filesystem", usage.total}};
        Json line{{"type", "space"}};
        Table table({{"SPACE"}, {"", Align::right}});
        for (const auto& [name, text, bytes] : parts) {
            line[name] = bytes.value;
            if (bytes.value > 0) table.add({text, to_string(bytes)});
        }
        print(context, line, table);
    }

    static void print_sources(Context& context, const Usages& usages) {
        Table table({{"SOURCE"},
                     {"SNAPSHOTS", Align::right},
                     {"FIRST"},
                     {"LAST"},
                     {"FILES", Align::right},
                     {"SIZE", Align::right},
                     {"HISTORY", Align::right}});
        for (const auto& [id, usage] : usages) {
            const auto& newest = usage.snapshots.back();
            const auto& oldest = usage.snapshots.front();
            Json line{{"type", "source"}};
            put_path(line, "host", usage.source.host);
            put_path(line, "source", usage.source.path);
            line["snapshots"] = usage.snapshots.size();
            line["first_time"] = to_rfc3339(oldest.time);
            line["last_time"] = to_rfc3339(newest.time);
            line["files"] = newest.files;
            line["bytes"] = newest.bytes.value;
            line["history_bytes"] = usage.history.value;
            table.add({shown(usage.source), std::to_string(usage.snapshots.size()), local_time(oldest.time),
                       local_time(newest.time), std::to_string(newest.files), to_string(newest.bytes),
                       to_string(usage.history)});
            if (context.json()) context.output.json(line);
        }
        print_section(context, table);
    }

    static void print_growth(Context& context, const Usages& usages, const std::vector<Growth>& growth) {
        std::unordered_map<repository::SnapshotNumber, Growth> by_number;
        for (const auto& one : growth) by_number.emplace(one.snapshot, one);
        std::map<repository::SnapshotNumber, std::pair<const Snapshot*, const Source*>> snapshots;
        for (const auto& [id, usage] : usages)
            for (const auto& snapshot : usage.snapshots) snapshots[snapshot.number] = {&snapshot, &usage.source};
        Table table({{"SNAPSHOT", Align::right},
                     {"TIME"},
                     {"SOURCE"},
                     {"NEW FILES", Align::right},
                     {"NEW", Align::right},
                     {"SIZE", Align::right}});
        for (const auto& [number, its] : snapshots) {
            const auto& [snapshot, source] = its;
            const auto found = by_number.find(number);
            const auto added = found == by_number.end() ? Growth{} : found->second;
            Json line{{"type", "growth"}, {"snapshot", number}, {"time", to_rfc3339(snapshot->time)}};
            put_path(line, "source", source->path);
            line["new_contents"] = added.contents;
            line["new_bytes"] = added.bytes.value;
            line["bytes"] = snapshot->bytes.value;
            table.add({std::to_string(number), local_time(snapshot->time), shown(*source),
                       std::to_string(added.contents), to_string(added.bytes), to_string(snapshot->bytes)});
            if (context.json()) context.output.json(line);
        }
        print_section(context, table);
    }

    static void print_folders(Context& context, const Usages& usages, const std::vector<FolderHistory>& folders) {
        Table table({{"HISTORY", Align::right}, {"VERSIONS", Align::right}, {"FOLDER"}});
        for (const auto& folder : folders) {
            Json line{{"type", "churn"}};
            put_path(line, "host", usages.at(folder.source).source.host);
            put_path(line, "path", folder.path);
            line["contents"] = folder.contents;
            line["bytes"] = folder.bytes.value;
            table.add({to_string(folder.bytes), std::to_string(folder.contents), os::printable(folder.path)});
            if (context.json()) context.output.json(line);
        }
        print_section(context, table);
    }

    static std::string shown(const Source& source) {
        return os::printable(source.host) + ":" + os::printable(source.path);
    }

    static void print(Context& context, const Json& line, const Table& table) {
        if (context.json()) return context.output.json(line);
        for (const auto& text : table.lines()) context.output.line(text);
    }

    static void print_section(Context& context, const Table& table) {
        if (context.json() || table.empty()) return;
        context.output.line("");
        for (const auto& text : table.lines()) context.output.line(text);
    }

    std::int64_t top_ = 10;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_stats() {
    return std::make_unique<Stats>();
}

}  // namespace kist::cli
