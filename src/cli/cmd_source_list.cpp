#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"
#include "cli/source_health.hpp"
#include "cli/table.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class SourceList : public Command {
  public:
    void declare(Options& options) override {
        options.footer("The names are the configuration's, as of each source's last backup.");
    }

    ExitCode run(Context& context) override {
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const repository::Catalog::Reading reading(catalog);
            const auto sources = source_health(catalog.sources(), catalog.snapshots());
            context.json() ? print_json(context, sources) : print_table(context, sources);
            return ExitCode::done;
        });
    }

  private:
    static void print_json(Context& context, const std::vector<SourceHealth>& sources) {
        for (const auto& [source, last, count] : sources) {
            Json line{{"type", "source"}};
            put_path(line, "name", source.name);
            put_path(line, "host", source.host);
            put_path(line, "source", source.path);
            line["snapshots"] = count;
            line["latest"] = last.number;
            line["time"] = to_rfc3339(last.time);
            context.output.json(line);
        }
    }

    static void print_table(Context& context, const std::vector<SourceHealth>& sources) {
        Table table({{"NAME"}, {"HOST"}, {"SOURCE"}, {"SNAPSHOTS", Align::right}, {"LATEST", Align::right}, {"TIME"}});
        for (const auto& [source, last, count] : sources)
            table.add({os::printable(source.name), os::printable(source.host), os::printable(source.path),
                       std::to_string(count), std::to_string(last.number), local_time(last.time)});
        if (table.empty()) return context.console.note("No snapshots yet. `kist backup FOLDER` makes one.");
        for (const auto& line : table.lines()) context.output.line(line);
    }
};

}  // namespace

std::unique_ptr<Command> make_source_list() {
    return std::make_unique<SourceList>();
}

}  // namespace kist::cli
