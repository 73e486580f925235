#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/rename_source.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/source_renaming.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using repository::Source;

class SourceRename : public Command {
  public:
    void declare(Options& options) override {
        options.argument("OLD", renaming_.old_name, "The source: its name, or its path", Presence::required);
        options.argument("NEW", renaming_.new_name, "Its name from now on; '' for none", Presence::required);
        options.text("--host", "HOST", renaming_.host, "A source of this host (default: this machine)");
        options.flag("--join", join_, "Also where other sources have that name: it means all of them then");
        options.footer(
            "Where several paths have the name OLD, all of them get the new one. Snapshots and latest/ stay as they\n"
            "are. A name in the configuration comes back with the next backup: change it there as well.");
    }

    ExitCode run(Context& context) override {
        renaming_.this_host = this_host();
        if (join_) renaming_.joining = Joining::allow;
        return with_repository(context, [&](repository::Repository& repository) {
            const auto chosen = sources_to_rename(renaming_, repository.open_catalog().sources());
            std::vector<repository::SourceId> changed;
            for (const auto& source : chosen)
                if (source.name != renaming_.new_name) changed.push_back(source.id);
            if (!changed.empty()) repository::rename_sources(repository, changed, renaming_.new_name);
            for (const auto& source : chosen) report(context, source);
            return ExitCode::done;
        });
    }

  private:
    void report(Context& context, const Source& source) const {
        if (context.json()) {
            Json line{{"type", "renamed"}};
            put_path(line, "host", source.host);
            put_path(line, "source", source.path);
            put_path(line, "old_name", source.name);
            put_path(line, "name", renaming_.new_name);
            context.output.json(line);
        } else {
            context.console.note(renaming_.new_name.empty()
                                     ? fmt::format("{} has no name any more.", os::printable(source.path))
                                     : fmt::format("{} is called {}.", os::printable(source.path), renaming_.new_name));
        }
        if (source.host == renaming_.this_host) note_configured_name(context, source);
    }

    void note_configured_name(Context& context, const Source& source) const {
        const auto* configured = context.options.configured.reading().configuration.find_source_of(source.path);
        if (configured == nullptr || configured->name == renaming_.new_name) return;
        context.console.note(
            fmt::format("The configuration calls it {}, and the next backup will again: change {} as well.",
                        configured->name, os::printable(config::to_text(configured->origin))));
    }

    SourceRenaming renaming_;
    bool join_ = false;
};

}  // namespace

std::unique_ptr<Command> make_source_rename() {
    return std::make_unique<SourceRename>();
}

}  // namespace kist::cli
