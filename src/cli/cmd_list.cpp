#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/table.hpp"

#include <unordered_map>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using Sources = std::unordered_map<repository::SourceId, repository::Source>;

class List : public Command {
  public:
    void declare(Options& options) override {
        filter_.declare(options);
        options.footer(
            "A snapshot is one source at one time. Commands take its number, `latest`, `latest~2`, or a date\n"
            "(2026-11-20, yesterday, \"3 days ago\": the newest snapshot not after it).");
    }

    bool is_for_reading() const override { return true; }

    ExitCode run(Context& context) override {
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const repository::Catalog::Reading reading(catalog);
            Sources sources;
            for (auto& source : catalog.sources()) sources.emplace(source.id, std::move(source));
            context.json() ? print_json(context, catalog, sources) : print_table(context, catalog, sources);
            return ExitCode::done;
        });
    }

  private:
    void print_json(Context& context, repository::Catalog& catalog, const Sources& sources) const {
        for (const auto& snapshot : catalog.snapshots()) {
            const auto& source = sources.at(snapshot.source);
            if (!filter_.fits(source)) continue;
            Json line{{"type", "snapshot"}, {"number", snapshot.number}};
            put_path(line, "host", source.host);
            put_path(line, "source", source.path);
            line["time"] = to_rfc3339(snapshot.time);
            line["finished"] = to_rfc3339(snapshot.finished);
            line["entries"] = snapshot.entries;
            line["files"] = snapshot.files;
            line["bytes"] = snapshot.bytes.value;
            line["skipped"] = snapshot.skipped;
            line["tags"] = snapshot.tags;
            context.output.json(line);
        }
    }

    void print_table(Context& context, repository::Catalog& catalog, const Sources& sources) const {
        Table table({{"NUMBER", Align::right},
                     {"TIME"},
                     {"HOST"},
                     {"SOURCE"},
                     {"FILES", Align::right},
                     {"SIZE", Align::right},
                     {"SKIPPED", Align::right},
                     {"TAGS"}});
        for (const auto& snapshot : catalog.snapshots()) {
            const auto& source = sources.at(snapshot.source);
            if (!filter_.fits(source)) continue;
            table.add({std::to_string(snapshot.number), local_time(snapshot.time), os::printable(source.host),
                       os::printable(source.path), std::to_string(snapshot.files), to_string(snapshot.bytes),
                       snapshot.skipped == 0 ? "" : std::to_string(snapshot.skipped),
                       fmt::format("{}", fmt::join(snapshot.tags, ", "))});
        }
        if (table.empty()) return context.console.note("No snapshots yet. `kist backup FOLDER` makes one.");
        for (const auto& line : table.lines()) context.output.line(line);
    }

    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_list() {
    return std::make_unique<List>();
}

}  // namespace kist::cli
